// What is locked in the database of this session, as the hooks need it: looked up once, and again when
// PostgreSQL tells that something it was made from has changed.
#pragma once

#include "pg/own_table.hpp"

namespace retry_ledger::guard {

struct Oids {
    Oid *items = nullptr;  // sorted
    int count = 0;
    bool contains(Oid oid) const;
};

struct LockedDatabase {
    Oid extension, schema, configuration;
    Oids roots;  // the locked tables
    Oids own;    // our own tables
    // What the locked tables' columns are made of, as far as it isn't built in: types, and the functions that
    // read, show and compare their values.
    Oids types, functions;
    Oids extensions;      // those that have brought one of the types
    bool event_triggers;  // all of ours are set to fire always
    // The locks came with a restore that may not be over: nothing was locked by this database itself, and
    // nothing it has done since is on the ledger.
    bool restoring;
};

// nullptr if nothing is locked here.
const LockedDatabase *locked_database();

// The locked table that `relation` is, or is a partition of; InvalidOid if it is neither.
Oid locked_root(const LockedDatabase &database, Oid relation);

// Whether the object is the extension, its schema or one of its members.
bool belongs_to_us(const LockedDatabase &database, const ObjectAddress &object);

// After a table has been locked or unlocked: every backend looks again.
void lock_changed(const pg::Home &home);

// When a table is locked, for the first time or again after a restore.
void end_restore(const pg::Home &home);

// Ends a restore, if there was one, since something is done here that belongs on the ledger.
void note_use(const pg::Home &home);

// Called once, when the library is preloaded.
void watch_locked_database();

}  // namespace retry_ledger::guard
