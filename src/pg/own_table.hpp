// Writing our own tables: straight to heap and indexes, as PostgreSQL's replication apply does.
//
// Why not SQL: these rows are written inside triggers, as the extension's owner, whatever role calls; a
// direct insert needs no change of role, no plan and no executor run.  Row order of values is the tables'
// column order.  CHECK constraints and triggers of our own tables don't fire here: what we write is right by
// construction, and the triggers are for rows that come from elsewhere (restore, a superuser's hand).
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::pg {

// Where the extension lives, found from the function that is being called.
struct Home {
    Oid schema;
    Oid owner;
};
Home home_of(Oid function);
Oid extension_schema();                     // InvalidOid where the extension isn't there
std::string schema_name(const Home &home);  // quoted

Oid own_relation(const Home &home, const char *name);

void insert_row(Oid relation, const Datum *values, const bool *nulls);

// Replaces a row that nobody else may be changing.  Within a pg_call.
void update_row(Relation relation, HeapTuple row, Datum *values, bool *nulls);

// Sets columns of a row version that this transaction has locked.  False if it is no longer the newest one.
struct NewValue {
    AttrNumber column;
    Datum value;
    bool null = false;
};
bool change_row(Oid relation, ItemPointer row, const std::vector<NewValue> &values);

// Inserts unless a live row stands in the way under the unique index `arbiter`: waits for transactions in
// progress, in every isolation level, and raises nothing.  False if one stands there.
// (PostgreSQL's speculative insertion, as INSERT … ON CONFLICT DO NOTHING does it, without that statement's
// serialization failure under REPEATABLE READ.)
bool insert_unless_conflict(Oid relation, Oid arbiter, const Datum *values, const bool *nulls);

// A row of one of our tables, by the two leading columns of an index, both text: its values in the columns'
// order.  By everything committed by now: a snapshot taken earlier may not show it.  No values: there is
// none.
struct OwnRow {
    Datum *values = nullptr;
    bool *nulls = nullptr;
    explicit operator bool() const { return values != nullptr; }
};
OwnRow find_row(Oid relation, Oid index, const std::string &first, const std::string &second);

// One of our tables kept open for the time of a scope: many rows are written without opening table and
// indexes for each.  Whoever writes needn't know.  Opened at once rather than at the first row, which may be
// written in a subtransaction that is rolled back; so the scope lies within one subtransaction.
class KeepOpen {
public:
    explicit KeepOpen(Oid relation);
    ~KeepOpen() noexcept(false);
    KeepOpen(const KeepOpen &) = delete;

    struct Table;

private:
    int exceptions_;
    Table *table_;
};

// RFC 9562 version 7: Unix time to a quarter of a microsecond, then random bits.
Datum new_uuid();

Datum sha256(const std::string &bytes);  // bytea

}  // namespace retry_ledger::pg
