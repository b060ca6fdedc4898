// PostgreSQL looks at a column's rows before it calls it NOT NULL, unless a CHECK proves that it needn't, or
// a partition has the constraint already, be it NOT VALID.  What a CHECK says is its owner's affair: a
// function of it can be replaced, or go by a setting.  The planner takes IS NULL on such a column for false,
// and compiled code reads the columns behind it where they would be.  So we look in any case.
#include "guard/not_null.hpp"

#include "guard/ddl_refusal.hpp"

#include <algorithm>
#include <vector>

namespace retry_ledger::guard {

namespace {

struct Column {
    std::string table, name;
    Oid relation;
    int64 number;
    bool not_null;
};

std::vector<Column> read(const pg::Rows &rows) {
    std::vector<Column> found;
    for (uint64 i = 0; i < rows.size(); i++)
        found.push_back({rows.string(i, 1), rows.string(i, 2), static_cast<Oid>(rows.integer(i, 3)),
                         rows.integer(i, 4), rows.boolean(i, 5)});
    return found;
}

// But for columns that are computed when they are read, which store nothing.
std::string columns_of(const std::string &schema) {
    return core::format(
        "WITH RECURSIVE tree AS (SELECT table_name::text, run_table::oid AS relation FROM {}.governed_table"
        " UNION ALL SELECT t.table_name, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = "
        "t.relation)"
        " SELECT t.table_name, a.attname::text, t.relation::bigint, a.attnum::bigint, a.attnotnull AND NOT "
        "EXISTS ("
        "  SELECT FROM pg_constraint c WHERE c.conrelid = t.relation AND c.contype = 'n' AND NOT "
        "c.convalidated"
        "   AND c.conkey = ARRAY[a.attnum])"
        " FROM tree t JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped"
        " AND a.attgenerated <> 'v' ORDER BY t.relation, a.attnum",
        schema);
}

// A column that is new has what its definition says, which PostgreSQL has looked at.
bool has_become(const Column &column, const std::vector<Column> &before) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const Column &other) {
        return other.relation == column.relation && other.number == column.number;
    });
    return column.not_null && same != before.end() && !same->not_null;
}

// What follows runs within a pg_call.

bool leaf_has_null(Oid leaf, const char *column) {
    Relation relation = table_open(leaf, NoLock);
    const AttrNumber number = get_attnum(leaf, column);
    TupleTableSlot *slot = table_slot_create(relation, nullptr);
    Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
    TableScanDesc scan = table_beginscan(relation, snapshot, 0, nullptr);
    bool found = false;
    while (!found && table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
        CHECK_FOR_INTERRUPTS();
        found = slot_attisnull(slot, number);
    }
    table_endscan(scan);
    UnregisterSnapshot(snapshot);
    ExecDropSingleTupleTableSlot(slot);
    table_close(relation, NoLock);
    return found;
}

bool has_null(Oid relation, const char *column) {
    ListCell *cell;
    foreach (cell, find_all_inheritors(relation, AccessShareLock, nullptr))
        if (RELKIND_HAS_TABLE_AM(get_rel_relkind(lfirst_oid(cell))) &&
            leaf_has_null(lfirst_oid(cell), column))
            return true;
    return false;
}

}  // namespace

void check_not_null(const pg::Home &home, CommandTag tag, CommandId started) {
    if (tag != CMDTAG_ALTER_TABLE) return;
    const std::string sql = columns_of(pg::schema_name(home));
    const std::vector<Column> before = read(pg::run_as_of(started, sql)), after = read(pg::run_latest(sql));
    for (const Column &column : after) {
        if (!has_become(column, before) ||
            !pg::pg_call([&] { return has_null(column.relation, column.name.c_str()); }))
            continue;
        DdlRefusal refusal;
        refusal.command = GetCommandTagName(tag);
        refusal.table = column.table;
        refusal.message =
            core::format("{} would call column {} of {} NOT NULL, and it has rows with NULL", refusal.command,
                         pg::quote_ident(column.name), pg::qualified_name(column.relation));
        refusal.hint =
            "PostgreSQL took a CHECK's word, or a partition's constraint that isn't valid, instead of "
            "looking at "
            "the rows: drop that constraint.";
        throw to_error(refusal);
    }
}

}  // namespace retry_ledger::guard
