#include "history/verify_trial.hpp"

#include "govern/transitions.hpp"
#include "history/visible.hpp"
#include "pg/column_text.hpp"

namespace retry_ledger::history {

namespace {

using govern::Governed;

std::string column_of(const govern::Column &column) {
    return pg::quote_ident(column.name.string());
}

std::string status_text(const Governed &table) {
    return pg::text_expression("t." + column_of(table.status), table.status.base_type);
}

bool is_mapped(const Governed &table, std::string_view name) {
    for (const govern::Column *column :
         {&table.key, &table.status, &table.parent, &table.attempt, &table.is_retry})
        if (*column && column->name.view() == name) return true;
    return false;
}

struct Insert {
    std::string columns, values;
    void add(const std::string &column, const std::string &value) {
        columns += (columns.empty() ? "" : ", ") + column;
        values += (values.empty() ? "" : ", ") + value;
    }
};

void add_carried(const Governed &table, Insert &insert) {
    std::vector<std::string> names = table.inputs.strings();
    if (table.tenant && !table.inputs.contains(table.tenant.name.view()))
        names.push_back(table.tenant.name.string());
    for (const std::string &name : names)
        if (!is_mapped(table, name)) insert.add(pg::quote_ident(name), "s." + pg::quote_ident(name));
}

// `source`: carries over what a retry would carry over.
std::string insert_text(const Governed &table, bool from_source) {
    std::string name = table.table_name.string();
    Insert insert;
    insert.add(column_of(table.status), "$1");
    for (const govern::Name &now : table.now_columns)
        insert.add(pg::quote_ident(now.string()), "pg_catalog.now()");
    if (table.new_key.view() == "uuid") insert.add(column_of(table.key), "pg_catalog.gen_random_uuid()");
    if (std::optional<std::string> key = unused_key(table))
        insert.add(column_of(table.key), pg::quote_literal(*key));
    if (from_source) add_carried(table, insert);
    return core::format("INSERT INTO {} ({}) SELECT {}{} RETURNING {}", name, insert.columns, insert.values,
                        from_source ? core::format(" FROM {} s LIMIT 1", name) : "", column_of(table.key));
}

pg::Param status_param(const Governed &table, const std::string &status) {
    return {table.status.type, pg::input_datum(table.status.type, table.status.typmod, status)};
}

// Nothing if there is no run to copy.
std::optional<std::string> insert_run(const Governed &table, bool from_source) {
    pg::SpiScope spi;
    pg::Rows rows =
        pg::run(insert_text(table, from_source), {status_param(table, table.initial.items[0].string())});
    if (rows.empty()) return std::nullopt;
    return rows.text(0, 1);
}

std::string give_birth(const Governed &table) {
    std::optional<std::string> key;
    auto failure = pg::try_in_subtransaction(pg::AtEnd::commit, [&] { key = insert_run(table, true); });
    if (!failure && key) return *key;
    key = insert_run(table, false);
    if (!key) throw pg::Error{ERRCODE_NO_DATA_FOUND, "a trigger of the application suppressed the INSERT"};
    return *key;
}

}  // namespace

pg::Param TrialRun::key_param(const Governed &table) const {
    std::optional<Datum> datum = key_datum(table, key);
    if (!datum) throw pg::Error{ERRCODE_DATA_EXCEPTION, core::format("\"{}\" is no key", key)};
    return {table.key.base_type, *datum};
}

std::vector<TrialRun> find_runs(const Governed &table, const std::vector<std::string> &statuses,
                                int max_attempt) {
    pg::SpiScope spi;
    std::string attempt = table.attempt ? core::format(" AND t.{} OPERATOR(pg_catalog.<=) {}",
                                                       column_of(table.attempt), max_attempt)
                                        : "";
    pg::Rows rows =
        pg::run(core::format("SELECT t.{}, {} FROM {} t"
                             " WHERE {} OPERATOR(pg_catalog.=) ANY ($1){} LIMIT 20",
                             column_of(table.key), table.tenant ? "t." + column_of(table.tenant) : "NULL",
                             table.table_name.view(), status_text(table), attempt),
                {pg::text_array_param(statuses)});
    std::vector<TrialRun> runs;
    for (uint64 row = 0; row < rows.size(); row++) runs.push_back({rows.string(row, 1), rows.text(row, 2)});
    return runs;
}

void move_to(const Governed &table, const pg::Param &key, const std::vector<std::string> &statuses) {
    std::vector<std::string> path =
        core::way_to(table.initial.items[0].string(), statuses, govern::declared_transitions(table),
                     !table.declared_transitions);
    if (path.empty())
        throw pg::Error{ERRCODE_NO_DATA_FOUND,
                        "no declared transitions lead to a status that may be retried"};
    pg::SpiScope spi;
    for (const std::string &status : path)
        pg::run(core::format("UPDATE {} t SET {} = $1 WHERE t.{} OPERATOR(pg_catalog.=) $2",
                             table.table_name.view(), column_of(table.status), column_of(table.key)),
                {status_param(table, status), key});
}

TrialRun make_open_run(const Governed &table) {
    TrialRun run;
    run.made_for_trial = true;
    run.key = give_birth(table);
    pg::SpiScope spi;
    pg::Rows rows = pg::run(core::format("SELECT {} FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1",
                                         table.tenant ? "t." + column_of(table.tenant) : "NULL",
                                         table.table_name.view(), column_of(table.key)),
                            {run.key_param(table)});
    if (rows.empty()) throw pg::Error{ERRCODE_NO_DATA_FOUND, "the caller doesn't see the run it made"};
    run.tenant = rows.text(0, 1);
    return run;
}

TrialRun make_run(const Governed &table, const std::vector<std::string> &statuses) {
    TrialRun run = make_open_run(table);
    move_to(table, run.key_param(table), statuses);
    pg::SpiScope spi;
    pg::Rows rows = pg::run(core::format("SELECT FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1"
                                         " AND {} OPERATOR(pg_catalog.=) ANY ($2)",
                                         table.table_name.view(), column_of(table.key), status_text(table)),
                            {run.key_param(table), pg::text_array_param(statuses)});
    if (rows.empty()) throw pg::Error{ERRCODE_NO_DATA_FOUND, "the caller doesn't see the run it made"};
    return run;
}

std::optional<std::string> unused_key(const Governed &table) {
    bool is_integer =
        table.key.base_type == INT2OID || table.key.base_type == INT4OID || table.key.base_type == INT8OID;
    if (table.new_key.view() != "caller" || !is_integer) return std::nullopt;
    pg::SpiScope spi;
    return pg::run(core::format("SELECT (coalesce(pg_catalog.max(t.{}), 0)::pg_catalog.int8"
                                " OPERATOR(pg_catalog.+) 1)::pg_catalog.text FROM {} t",
                                column_of(table.key), table.table_name.view()))
        .text(0, 1);
}

}  // namespace retry_ledger::history
