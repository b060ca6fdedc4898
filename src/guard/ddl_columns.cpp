// Columns that governed tables gain, for the ledger.
//
// A column that is added with a default is one that ended rows have a value in, though they had none when
// they were hashed.  Without an entry nobody could tell that from tampering.
#include "guard/ddl_columns.hpp"

#include <map>

#include "ledger/ledger.hpp"
#include "pg/fixed_text.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::guard {

namespace {

// Numbers of columns are never given again.
std::map<Oid, int64> last_columns(const std::string &schema, CommandId started) {
    const pg::Rows rows =
        pg::run_as_of(started, core::format("SELECT g.run_table, max(a.attnum) FROM {}.governed_table g"
                                            " JOIN pg_attribute a ON a.attrelid = g.run_table GROUP BY 1",
                                            schema));
    std::map<Oid, int64> last;
    for (uint64 i = 0; i < rows.size(); i++) last[static_cast<Oid>(rows.integer(i, 1))] = rows.integer(i, 2);
    return last;
}

// What PostgreSQL shows in the rows that it hasn't written the column into.
std::optional<std::string> value_before(Oid table, AttrNumber number) {
    struct Missing {
        Oid type;
        Datum value;
        bool null;
    };
    const Missing missing = pg::pg_call([&] {
        Relation relation = table_open(table, AccessShareLock);
        const FormData_pg_attribute &column = *TupleDescAttr(RelationGetDescr(relation), number - 1);
        Missing found = {column.atttypid, Datum(0), true};
        const Datum value = getmissingattr(RelationGetDescr(relation), number, &found.null);
        if (!found.null) found.value = datumCopy(value, column.attbyval, column.attlen);
        table_close(relation, AccessShareLock);
        return found;
    });
    if (missing.null) return std::nullopt;
    return std::string(pg::fixed_text(missing.type, missing.value));
}

}  // namespace

std::vector<AddedColumn> added_columns(const pg::Home &home, const DdlCommand &command) {
    const std::string schema = pg::schema_name(home);
    const std::map<Oid, int64> last = last_columns(schema, command.started);
    const pg::Rows rows = pg::run_latest(core::format(
        "SELECT g.run_table, a.attnum, g.table_name, a.attname::text, format_type(a.atttypid, a.atttypmod)"
        " FROM {}.governed_table g JOIN pg_attribute a ON a.attrelid = g.run_table"
        " WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY 3, 2",
        schema));
    std::vector<AddedColumn> added;
    for (uint64 i = 0; i < rows.size(); i++) {
        const Oid table = static_cast<Oid>(rows.integer(i, 1));
        const auto before = last.find(table);
        if (before == last.end() || rows.integer(i, 2) <= before->second) continue;
        added.push_back({table, rows.string(i, 3), rows.string(i, 4), rows.string(i, 5),
                         value_before(table, static_cast<AttrNumber>(rows.integer(i, 2)))});
    }
    return added;
}

void record_added(const pg::Home &home, const std::vector<AddedColumn> &columns) {
    for (const AddedColumn &column : columns) {
        ledger::Entry entry;
        entry.action = "column_added";
        entry.run_table = column.table;
        entry.evidence = {{"column", column.name}, {"type", column.type}};
        if (column.value) entry.evidence.emplace_back("value", *column.value);
        ledger::append(home, entry);
    }
}

}  // namespace retry_ledger::guard
