// The hooks that hold level locked, on a server that preloads the library.
//
// What they add to the triggers.  Triggers decide about rows, event triggers about DDL; both can be switched
// off by whoever may change the catalogs.  So the hooks hold the triggers themselves: nothing that guards
// locked tables can be dropped, altered, disabled or replaced, by any command, by OID.  Where event triggers
// don't fire (single-user mode, event_triggers = off), DDL that they would have judged doesn't run.
//
// In a database where nothing is locked a hook costs a look at a flag, but for what is done to catalogs:
// where another database of the server has a label, they are kept here as well (label.hpp).
#pragma once

#include "guard/locked_database.hpp"

namespace retry_ledger::guard {

// Called once, when the library is loaded; does nothing unless it is preloaded.
void install_hooks();

// Whether hooks have nothing to say: pg_upgrade makes an empty cluster, or our own update script runs.
bool hooks_stand_aside();

// hook_utility.cpp: whether the innermost command is our own DDL, or the update of the extension.
bool runs_our_command();

// What an ALTER TABLE does that isn't among what may be done: to our own tables, to locked ones.  And whether
// it is an ALTER OPERATOR FAMILY that takes something out, or makes functions of PostgreSQL's for what it
// defines.
struct Alteration {
    bool beyond_storage = false, beyond_list = false, detaches = false, drops_members = false,
         makes_functions = false, moves_extension = false;
    bool operator==(const Alteration &other) const {
        return beyond_storage == other.beyond_storage && beyond_list == other.beyond_list &&
               detaches == other.detaches && drops_members == other.drops_members &&
               makes_functions == other.makes_functions && moves_extension == other.moves_extension;
    }
};

// The innermost command's.
Alteration runs_alteration();
void check_alteration(const LockedDatabase &database, Oid relation, Alteration alteration);

// Whether it runs within a CLUSTER, of whichever table: functions of indexes do.  VACUUM FULL calls them when
// the copy is done.
bool runs_within_copying();
[[noreturn]] void refuse_within_copying();

// hook_swap.cpp: refuses what this transaction has exchanged below hooks and triggers, if it has.
void check_exchanged_files();
void watch_exchanged_files();

// hook_schemas.cpp: who has USAGE on schemas of governed columns' types, before a command that can take it.
void note_readers(const Node *statement);
void watch_readers();

void install_utility_hook();
void install_object_hook();
void install_catalog_hook();

// What a hook refuses: 23R01, token DDL_NOT_ALLOWED.  `root`: the locked table that it is about, or
// InvalidOid.
[[noreturn]] void refuse_locked(const std::string &message, Oid root, std::string hint = "");

// A write of a catalog, or of one of our own tables.
[[noreturn]] void refuse_by_hand(Oid relation);

// What the planner will believe of a new partition, if it is one of a locked table.
void check_partition_belief(Oid partition);

std::string describe(const ObjectAddress &object);

}  // namespace retry_ledger::guard
