// Trying out an append-only or write-once table: each way to change a row that is there must be refused.
#include "history/verify.hpp"

namespace retry_ledger::history {

namespace {

using govern::Governed;
using govern::Kind;

const char *const check_written_once = "what is written isn't written again";

const char *const here = "t.ctid OPERATOR(pg_catalog.=) $1 AND t.tableoid OPERATOR(pg_catalog.=) $2";

// A row, by where it is.
struct Place {
    std::string ctid;
    Oid table;
    std::vector<pg::Param> params() const {
        return {{TIDOID, pg::input_datum(TIDOID, -1, ctid)}, pg::oid_param(table)};
    }
};

// A row of the table; if it is empty, one of nothing but defaults.
std::optional<Place> find_row(const Governed &table, Report &report) {
    std::optional<Place> place;
    std::string name = table.table_name.string();
    auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, [&] {
        pg::SpiScope spi;
        pg::Rows rows = pg::run(core::format("SELECT t.ctid, t.tableoid FROM {} t LIMIT 1", name));
        if (rows.empty())
            rows = pg::run(core::format("INSERT INTO {} DEFAULT VALUES RETURNING ctid, tableoid", name));
        if (!rows.empty()) place = Place{rows.string(0, 1), static_cast<Oid>(rows.integer(0, 2))};
    });
    if (failure)
        report.skip_rest("no row to try it on, and a trial row couldn't be made: " + in_words(*failure));
    else if (!place)
        report.skip_rest("no row to try it on");
    return failure ? std::nullopt : place;
}

// Another value than the column has.  Nothing for types that this doesn't know how to change.
std::optional<std::string> another_value(Oid type, const std::string &column) {
    switch (type) {
        case TEXTOID:
        case VARCHAROID:
            return core::format("coalesce(t.{}, '') || 'x'", column);
        case INT2OID:
        case INT4OID:
        case INT8OID:
        case NUMERICOID:
            return core::format("coalesce(t.{}, 0) + 1", column);
        case BOOLOID:
            return core::format("NOT coalesce(t.{}, false)", column);
        case TIMESTAMPOID:
        case TIMESTAMPTZOID:
            return core::format("coalesce(t.{}, '2000-01-01') + interval '1 second'", column);
        case UUIDOID:
            return "pg_catalog.gen_random_uuid()";
        case JSONOID:
        case JSONBOID:
            return R"('{"verify_installation": true}')";
        default:
            return std::nullopt;
    }
}

struct Change {
    std::string column, expression;
    bool writable_once, is_null;
};

// Columns that could be given another value, those free of constraints first: a foreign key of theirs would
// answer before the guard.  The caller's search_path is in force: everything is named with its schema.
std::vector<Change> possible_changes(const Governed &table, const Place &place) {
    pg::SpiScope spi;
    pg::Rows rows = pg::run(
        "SELECT a.attname, a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) "
        "$1"
        " AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped"
        " AND a.attgenerated::pg_catalog.text OPERATOR(pg_catalog.=) ''"
        " AND a.attidentity::pg_catalog.text OPERATOR(pg_catalog.<>) 'a'"
        " ORDER BY EXISTS (SELECT FROM pg_catalog.pg_constraint c"
        " WHERE c.conrelid OPERATOR(pg_catalog.=) a.attrelid"
        " AND c.contype OPERATOR(pg_catalog.<>) 'n'"  // from 18 on NOT NULL is one too
        " AND a.attnum OPERATOR(pg_catalog.=) ANY (c.conkey)), a.attnum",
        {pg::oid_param(table.root)});
    std::vector<Change> changes;
    for (uint64 row = 0; row < rows.size(); row++) {
        std::string name = rows.string(row, 1), column = pg::quote_ident(name);
        std::optional<std::string> expression = another_value(static_cast<Oid>(rows.integer(row, 2)), column);
        if (!expression) continue;
        pg::Rows value = pg::run(
            core::format("SELECT t.{} IS NULL FROM {} t WHERE {}", column, table.table_name.view(), here),
            place.params());
        changes.push_back(
            {column, *expression, table.once_columns.contains(name), value.empty() || value.boolean(0, 1)});
    }
    return changes;
}

void try_change(Report &report, const std::string &check, const Governed &table, const Place &place,
                const Change &change) {
    try_forbidden(report, check,
                  core::format("UPDATE {} t SET {} = {} WHERE {}", table.table_name.view(), change.column,
                               change.expression, here),
                  place.params());
}

void try_update(const Governed &table, const Place &place, Report &report) {
    for (const Change &change : possible_changes(table, place)) {
        if (!change.writable_once)
            try_change(report, check_update, table, place, change);
        else if (!change.is_null)
            try_change(report, check_written_once, table, place, change);
    }
    report.skip(check_update, "no column whose type it knows how to change");
    report.skip(check_written_once, "none of the write-once columns of the row at hand is written");
}

}  // namespace

std::vector<std::string> row_checks(Kind kind) {
    if (kind == Kind::append_only)
        return {check_columns, check_guards, check_update, check_delete, check_truncate};
    return {check_columns, check_guards, check_update, check_written_once, check_delete, check_truncate};
}

void try_rows(const pg::Home &, Governed &table, Report &report) {
    try_truncate(report, check_truncate, table);
    std::optional<Place> place = find_row(table, report);
    if (!place) return;
    auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, [&] { try_update(table, *place, report); });
    if (failure) report.error(check_update, *failure);
    try_forbidden(report, check_delete,
                  core::format("DELETE FROM {} t WHERE {}", table.table_name.view(), here), place->params());
}

}  // namespace retry_ledger::history
