// Why generated text: the columns are the application's.  Each statement is planned once per table and
// backend; PostgreSQL replans it by itself when the table, the role or the search_path matters.  Operators
// are named with their schema: the caller's search_path may shadow them.
#include "retry/statements.hpp"

#include "pg/fixed_text.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Column;
using govern::Governed;

// Stored, existing columns of the table, in order: their values are what a content hash covers.
std::vector<std::string> stored_columns(Oid relation) {
    pg::Rows rows = pg::run_latest(
        "SELECT attname::pg_catalog.text FROM pg_catalog.pg_attribute WHERE attrelid OPERATOR(pg_catalog.=) "
        "$1"
        " AND attnum OPERATOR(pg_catalog.>) 0 AND NOT attisdropped"
        " AND attgenerated::pg_catalog.text OPERATOR(pg_catalog.<>) 'v' ORDER BY attnum",
        {pg::oid_param(relation)});
    std::vector<std::string> names;
    for (uint64 i = 0; i < rows.size(); i++) names.push_back(rows.string(i, 1));
    return names;
}

std::string select_text(const Governed &table) {
    return core::format("{} WHERE t.{} OPERATOR(pg_catalog.=) $1", select_from(table),
                        pg::quote_ident(table.key.name.string()));
}

// The columns that a retry's row is given, each as an expression.
struct InsertText {
    std::string columns, values;
    std::vector<Oid> types;

    void add(const std::string &column, Oid type) {
        types.push_back(type);
        add_expression(column, core::format("${}", types.size()));
    }
    void add_expression(const std::string &column, const std::string &expression) {
        columns += (columns.empty() ? "" : ", ") + pg::quote_ident(column);
        values += (values.empty() ? "" : ", ") + expression;
    }
    // What a new row gets whatever its parent has.
    void add_made_anew(const Governed &table, bool keyed) {
        for (const govern::Name &now : table.now_columns) add_expression(now.string(), "pg_catalog.now()");
        if (!keyed && table.new_key.view() == "uuid")
            add_expression(table.key.name.string(), "pg_catalog.gen_random_uuid()");
    }
};

Oid column_type(const Governed &table, const govern::Name &name) {
    Oid type = pg::pg_call([&] {
        AttrNumber attnum = get_attnum(table.root, name.data);
        return attnum == InvalidAttrNumber ? InvalidOid : get_atttype(table.root, attnum);
    });
    if (!OidIsValid(type))
        throw pg::Error{ERRCODE_UNDEFINED_COLUMN,
                        core::format("column \"{}\" of governed table {} is missing", name.view(),
                                     table.table_name.view())};
    return type;
}

SPIPlanPtr prepare_insert(const Governed &table, bool keyed) {
    InsertText text;
    text.add(table.parent.name.string(), table.parent.type);
    text.add(table.status.name.string(), table.status.type);
    if (table.tenant) text.add(table.tenant.name.string(), table.tenant.type);
    if (table.reason) text.add(table.reason.name.string(), table.reason.type);
    for (const govern::Name &input : table.inputs)
        if (!is_mapped(table, input.view())) text.add(input.string(), column_type(table, input));
    text.add_made_anew(table, keyed);
    if (keyed) text.add(table.key.name.string(), table.key.type);
    // A key that is GENERATED ALWAYS may be given, too.
    return pg::prepare_kept(
        core::format("INSERT INTO {} ({}) {} VALUES ({}) RETURNING {}, {}, {}", table.table_name.view(),
                     text.columns, keyed ? "OVERRIDING SYSTEM VALUE" : "", text.values,
                     pg::quote_ident(table.key.name.string()), pg::quote_ident(table.status.name.string()),
                     pg::quote_ident(table.attempt.name.string())),
        text.types);
}

int result_column(const pg::Rows &rows, const govern::Name &name) {
    return pg::pg_call([&] { return SPI_fnumber(rows.descriptor(), name.data); });
}

pg::Param carried(const pg::Rows &row, const govern::Name &name) {
    int column = result_column(row, name);
    if (column <= 0)
        throw pg::Error{ERRCODE_UNDEFINED_COLUMN,
                        core::format("column \"{}\" can't be carried over: it is missing", name.view())};
    pg::Param param{};
    param.type = SPI_gettypeid(row.descriptor(), column);
    param.value = row.value(0, column, &param.null);
    return param;
}

std::optional<std::string> column_text(const pg::Rows &rows, uint64 row, const Column &column) {
    if (!column) return std::nullopt;
    return rows.text(row, result_column(rows, column.name));
}

// An error of a gigabyte stays where it is: in the run.
std::optional<std::string> error_text(const pg::Rows &rows, uint64 row, const Column &column) {
    if (!column) return std::nullopt;
    bool null;
    Datum value = rows.value(row, result_column(rows, column.name), &null);
    if (null) return std::nullopt;
    return pg::output_prefix(column.type, value, 10000);
}

// Whether an error names the table, or one of its partitions.
bool is_of(const Governed &table, const char *schema, const char *name) {
    return pg::pg_call([&] {
        const Oid relation = get_relname_relid(name, get_namespace_oid(schema, true));
        if (relation == table.root) return true;
        return OidIsValid(relation) && get_rel_relispartition(relation) &&
               llast_oid(get_partition_ancestors(relation)) == table.root;
    });
}

void check_born(const Governed &table, const pg::Rows &born, uint64 expected) {
    if (born.size() != expected)
        throw pg::Error{ERRCODE_NO_DATA_FOUND,
                        core::format("the retry's row wasn't inserted into {}", table.table_name.view()),
                        "A trigger or a rule of the application suppressed the INSERT.",
                        "Let the INSERT of a row with a parent through, then retry again."};
}

}  // namespace

// Of a column that came after the adoption: until it is named, it is an outcome.  A trigger may fill it, so
// that it has no value shows where the row is inserted only.
pg::Rows explaining_nulls(const Governed &table, const std::function<pg::Rows()> &insert) {
    try {
        return insert();
    } catch (const pg::PgError &error) {
        const ErrorData &data = *error.data;
        if (data.sqlerrcode != ERRCODE_NOT_NULL_VIOLATION || data.column_name == nullptr ||
            data.table_name == nullptr || table.inputs.contains(data.column_name) ||
            is_mapped(table, data.column_name) || !is_of(table, data.schema_name, data.table_name))
            throw;
        std::string inputs;
        for (const govern::Name &input : table.inputs) inputs += pg::quote_ident(input.string()) + ",";
        throw pg::Error{
            ERRCODE_NOT_NULL_VIOLATION,
            core::format("a retry has no value for column \"{}\" of {}", data.column_name,
                         table.table_name.view()),
            "It isn't among the columns that a retry carries over, and it is NOT NULL without a default.",
            core::format("{}({}, input_columns => {}) carries it over; or give it a default.",
                         table.kind == govern::Kind::files ? "govern_files" : "govern_runs",
                         pg::quote_literal(table.table_name.string()),
                         pg::quote_literal("{" + inputs + pg::quote_ident(data.column_name) + "}")),
            data.schema_name,
            data.table_name,
            data.column_name};
    }
}

pg::Param key_array(const Governed &table, const std::vector<std::string> &keys) {
    return pg::array_of(table.key.base_type, keys);
}

// The tenant may also be an input or frozen column: it is written once.
bool is_mapped(const Governed &table, std::string_view name) {
    for (const Column *column : {&table.key, &table.status, &table.tenant, &table.parent, &table.attempt,
                                 &table.is_retry, &table.reason})
        if (*column && column->name.view() == name) return true;
    return false;
}

std::optional<std::string> VisibleRun::text(const std::string &column) const {
    int number = pg::pg_call([&] { return SPI_fnumber(row.descriptor(), column.c_str()); });
    if (number <= 0) return std::nullopt;
    bool null;
    Datum value = row.value(index, number, &null);
    if (null) return std::nullopt;
    return std::string(pg::fixed_text(SPI_gettypeid(row.descriptor(), number), value));
}

std::optional<std::int64_t> VisibleRun::integer(const std::string &column) const {
    std::optional<std::string> value = text(column);  // a domain over an integer is written as one
    if (!value) return std::nullopt;
    return std::stoll(*value);
}

std::string select_from(const Governed &table) {
    std::string list;
    for (const std::string &name : stored_columns(table.root))
        list += (list.empty() ? "t." : ", t.") + pg::quote_ident(name);
    return core::format("SELECT {} FROM {} t", list, table.table_name.view());
}

VisibleRun run_in(const Governed &table, const pg::Rows &rows, uint64 index) {
    VisibleRun run;
    run.row = rows;
    run.index = index;
    run.key = column_text(rows, index, table.key).value_or("");
    run.status = column_text(rows, index, table.status).value_or("");
    run.tenant = column_text(rows, index, table.tenant);
    run.error = error_text(rows, index, table.error);
    run.has_parent = !rows.is_null(index, result_column(rows, table.parent.name));
    if (auto attempt = column_text(rows, index, table.attempt))
        run.attempt = static_cast<int>(std::min<int64>(std::stoll(*attempt), PG_INT32_MAX - 1));
    return run;
}

std::optional<VisibleRun> find_run(Governed &table, Datum key, pg::See see) {
    if (table.select_run == nullptr)
        table.select_run = pg::prepare_kept(select_text(table), {table.key.type});
    pg::Rows rows = pg::run(table.select_run, {{table.key.type, key}}, see, 2);
    if (rows.empty()) return std::nullopt;
    return run_in(table, rows, 0);
}

BornRun insert_retry(Governed &table, const NewRun &run) {
    bool keyed = run.new_key.has_value();
    SPIPlanPtr &plan = keyed ? table.insert_keyed_retry : table.insert_retry;
    if (plan == nullptr) plan = prepare_insert(table, keyed);

    const pg::Rows &parent = run.parent.row;
    std::vector<pg::Param> params = {
        {table.parent.type, run.parent_key},
        {table.status.type,
         pg::input_datum(table.status.type, table.status.typmod, table.initial.items[0].string())},
    };
    if (table.tenant) params.push_back(carried(parent, table.tenant.name));
    if (table.reason)
        params.push_back(
            {table.reason.type, pg::input_datum(table.reason.type, table.reason.typmod, run.reason)});
    for (const govern::Name &input : table.inputs)
        if (!is_mapped(table, input.view())) {
            auto chosen = run.overrides.find(input.string());
            params.push_back(chosen != run.overrides.end() ? chosen->second.param : carried(parent, input));
        }
    if (keyed)
        params.push_back({table.key.type, pg::input_datum(table.key.type, table.key.typmod, *run.new_key)});

    pg::Rows born = explaining_nulls(table, [&] { return pg::run(plan, params); });
    check_born(table, born, 1);
    return {born.string(0, 1), born.string(0, 2), static_cast<int>(born.integer(0, 3))};
}

std::map<std::string, std::string> insert_retries(const Governed &table, const NewRuns &runs) {
    InsertText text;
    text.add(table.status.name.string(), table.status.type);
    text.add_expression(table.parent.name.string(), "t." + pg::quote_ident(table.key.name.string()));
    if (table.tenant)
        text.add_expression(table.tenant.name.string(), "t." + pg::quote_ident(table.tenant.name.string()));
    if (table.reason) text.add_expression(table.reason.name.string(), "k.reason");
    for (const govern::Name &input : table.inputs)
        if (!is_mapped(table, input.view()))
            text.add_expression(input.string(), "t." + pg::quote_ident(input.string()));
    text.add_made_anew(table, false);
    std::string key = pg::quote_ident(table.key.name.string());
    // OFFSET 0: each parent by index, so that the cost doesn't grow with the table.
    const std::string sql = core::format(
        "INSERT INTO {0} ({1}) SELECT {2} FROM ROWS FROM (pg_catalog.unnest($2),"
        " pg_catalog.unnest($3)) WITH ORDINALITY AS k(key, reason, place)"
        " CROSS JOIN LATERAL (SELECT * FROM {0} r WHERE r.{3} OPERATOR(pg_catalog.=) k.key OFFSET 0) t"
        " ORDER BY k.place RETURNING {4}, {3}",
        table.table_name.view(), text.columns, text.values, key, pg::quote_ident(table.parent.name.string()));
    const std::vector<pg::Param> params = {
        {table.status.type,
         pg::input_datum(table.status.type, table.status.typmod, table.initial.items[0].string())},
        key_array(table, runs.parent_keys),
        table.reason ? pg::array_of(table.reason.base_type, runs.reasons)
                     : pg::text_array_param(runs.reasons)};
    pg::Rows born = explaining_nulls(table, [&] { return pg::write_latest(sql, params); });
    check_born(table, born, runs.parent_keys.size());
    std::map<std::string, std::string> keys;
    for (uint64 i = 0; i < born.size(); i++) keys.emplace(born.string(i, 1), born.string(i, 2));
    return keys;
}

}  // namespace retry_ledger::retry
