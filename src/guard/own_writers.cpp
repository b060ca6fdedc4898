// Who may write our own tables by a statement: a role that owns them, for restores and repairs.
//
// Why a trigger: what is granted to nobody can still be written by members of pg_write_all_data, and a row
// more in `retry` or `credit_entry` is a retry or a credit that nobody decided.  What we write ourselves goes
// to the heap directly (pg/own_table.hpp) and meets no trigger; logical replication applies rows, and meets
// no trigger of statements but those of COPY, when it copies a table, and of TRUNCATE.
#include "guard/hooks.hpp"
#include "guard/lock.hpp"
#include "guard/row.hpp"
#include "pg/nesting.hpp"

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_own_table) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger =
            guard::trigger_data(fcinfo, "retry_ledger_writer", guard::BEFORE_STATEMENT, guard::WHEN_FIRED);
        Oid relation = RelationGetRelid(trigger->tg_relation);
        if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) && pg::is_applied() && guard::is_preloaded() &&
            guard::locked_database() != nullptr)
            guard::refuse_by_hand(relation);
        if (pg::pg_call([&] { return pg::compat::owns_relation(relation, GetUserId()); })) return Datum(0);
        throw pg::Error{
            ERRCODE_INSUFFICIENT_PRIVILEGE,
            core::format("permission denied to write table {}", pg::qualified_name(relation)),
            "It is written by the functions of retry_ledger, and by statements of its owner only."};
    });
}
