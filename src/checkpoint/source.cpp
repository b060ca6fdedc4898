// An application's own table of artifacts as checkpoints.
//
// The table is governed as append-only or write-once, so that an artifact is as much a fact as a checkpoint
// of ours.  It is read as its owner, who has declared it, in a restricted operation; whose artifacts are read
// is decided before, by what the caller sees of the runs.
#include "checkpoint/checkpoint.hpp"
#include "core/keys.hpp"
#include "ledger/ledger.hpp"
#include "pg/application.hpp"
#include "pg/as_owner.hpp"
#include "pg/column_text.hpp"
#include "retry/arguments.hpp"

namespace retry_ledger::checkpoint {

namespace {

using core::Refusal;
using core::Token;
using govern::Governed;
using Text = std::optional<std::string>;

// The columns that are mapped, in the order of map_checkpoints' arguments and of checkpoint_source.
struct Part {
    const char *item;
    std::vector<std::string> conventions;
    bool needed;
    bool is_time;
};

std::vector<Part> parts() {
    return {{"id_column", {}, true, false},
            {"run_column", {"run_id", "job_id", "execution_id", "worker_run_id"}, true, false},
            {"status_column", {"status", "stage"}, true, false},
            {"ref_column", {"ref", "uri", "url", "path", "location"}, true, false},
            {"at_column", {"created_at", "recorded_at", "made_at", "at"}, true, true},
            {"valid_until_column", {"valid_until", "expires_at"}, false, true},
            {"invalidated_column", {"invalidated_at"}, false, true}};
}

struct Source {
    Oid artifacts = InvalidOid;
    Text columns[7];
    const std::string &name(int part) const { return *columns[part]; }
};
enum { id_part, run_part, status_part, ref_part, at_part, valid_until_part, invalidated_part };

// ---- reading ---------------------------------------------------------------------------------------------

std::optional<Source> source_of(const pg::Home &home, const Governed &table) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(
        core::format("SELECT artifact_table, id_column::text, run_column::text, status_column::text,"
                     " ref_column::text, at_column::text, valid_until_column::text, invalidated_column::text"
                     " FROM {}.checkpoint_source WHERE run_table = $1 AND replaced_at IS NULL",
                     pg::schema_name(home)),
        {pg::regclass_param(table.root)});
    if (rows.empty()) return std::nullopt;
    Source source;
    source.artifacts = static_cast<Oid>(rows.integer(0, 1));
    for (int part = 0; part < 7; part++) source.columns[part] = rows.text(0, part + 2);
    return source;
}

Oid type_of(Oid artifacts, const std::string &column) {
    return pg::pg_call([&] {
        AttrNumber number = get_attnum(artifacts, column.c_str());
        return number > 0 ? getBaseType(get_atttype(artifacts, number)) : InvalidOid;
    });
}

std::string passed(const Text &column) {
    if (!column) return "false";
    return core::format("coalesce(a.{} <= clock_timestamp(), false)", pg::quote_ident(*column));
}

std::string text_of(const Source &source, int part) {
    return pg::text_expression("a." + pg::quote_ident(source.name(part)),
                               type_of(source.artifacts, source.name(part)));
}

// Whether rows of the column say of which run they are.
bool can_name_runs(Oid type, const Governed &runs) {
    auto text = [](Oid t) { return t == TEXTOID || t == VARCHAROID; };
    return type == runs.key.base_type || (text(type) && text(runs.key.base_type));
}

// A row without an id, a status or a ref (NULL) is no checkpoint, not yet if the column may be written once.
std::string find_text(const Source &source, const std::string &table, bool latest) {
    std::string run = pg::quote_ident(source.name(run_part)), at = pg::quote_ident(source.name(at_part)),
                id = pg::quote_ident(source.name(id_part)), id_text = text_of(source, id_part);
    std::string invalidated = passed(source.columns[invalidated_part]),
                expired = passed(source.columns[valid_until_part]),
                live = text_of(source, status_part) + " = ANY ($2)";
    const Text &until = source.columns[valid_until_part];
    return core::format(
        "SELECT {11}, {12}, {13}, {3}, {4}, {5}, {14}, {7}, a.{8} FROM {9} a"
        " WHERE a.{6} = ANY ($1) AND a.{0} IS DISTINCT FROM NULL AND a.{1} IS DISTINCT FROM NULL AND a.{2} "
        "IS DISTINCT FROM NULL AND {10} ORDER BY "
        "array_position($1, a.{6}), a.{8} DESC, a.{0} DESC LIMIT 1",
        id, pg::quote_ident(source.name(status_part)), pg::quote_ident(source.name(ref_part)), invalidated,
        expired, live, run, until ? "a." + pg::quote_ident(*until) : std::string("NULL::timestamptz"), at,
        table,
        latest ? core::format("NOT {} AND NOT {} AND {}", invalidated, expired, live) : id_text + " = $3",
        id_text, text_of(source, status_part), text_of(source, ref_part), text_of(source, run_part));
}

void require_governed(const pg::Home &home, const Governed &table, const Source &source) {
    if (govern::find_governed(home, source.artifacts)) return;
    throw pg::to_error(
        Refusal{Token::checkpoint_not_found,
                core::format("the artifacts of {} are no longer governed", table.table_name.view()),
                {{"run_table", table.table_name.string()}},
                "Govern their table again, or take the mapping back: SELECT map_checkpoints(..., NULL)."});
}

}  // namespace

std::optional<Row> find_artifact(const pg::Home &home, const Governed &table,
                                 const std::vector<Ancestor> &lineage, const core::WantedCheckpoint &wanted) {
    std::optional<Source> source = source_of(home, table);
    if (!source || lineage.empty()) return std::nullopt;
    require_governed(home, table, *source);
    std::vector<std::string> keys;
    for (const Ancestor &run : lineage) keys.push_back(run.key);
    std::vector<pg::Param> params = {retry::key_array(table, keys),
                                     pg::text_array_param(live_statuses(table))};
    if (wanted.id) params.push_back(pg::text_param(*wanted.id));
    std::string name = pg::qualified_name(source->artifacts);
    pg::AsOwnerRestricted owner(pg::owner_of(source->artifacts));
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(find_text(*source, name, !wanted.id), params);
    if (rows.empty()) return std::nullopt;
    Row row = row_in(rows);
    for (const Ancestor &run : lineage)
        if (run.key == row.run_key) row.attempt = run.attempt;
    return row;
}

namespace {

struct RunColumn {
    Oid artifacts;
    std::string name;
};

// Of all mappings that there ever were.
std::vector<RunColumn> run_columns(const pg::Home &home, const Governed &table) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(
        core::format("SELECT artifact_table, run_column::text FROM {}.checkpoint_source WHERE run_table = $1",
                     pg::schema_name(home)),
        {pg::regclass_param(table.root)});
    std::vector<RunColumn> columns;
    for (uint64 i = 0; i < rows.size(); i++)
        columns.push_back({static_cast<Oid>(rows.integer(i, 1)), rows.string(i, 2)});
    return columns;
}

bool names_run(const Governed &table, const RunColumn &column, const std::string &run_key) {
    pg::Param keys = retry::key_array(table, {run_key});
    std::string name = pg::qualified_name(column.artifacts);
    pg::AsTableReader owner(pg::owner_of(column.artifacts));
    pg::SpiScope spi;
    return !pg::run_latest(core::format("SELECT FROM {} a WHERE a.{} = ANY ($1) LIMIT 1", name,
                                        pg::quote_ident(column.name)),
                           {keys})
                .empty();
}

}  // namespace

bool has_artifact(const pg::Home &home, const Governed &table, const std::string &run_key) {
    for (const RunColumn &column : run_columns(home, table))
        if (govern::find_governed(home, column.artifacts) &&
            can_name_runs(type_of(column.artifacts, column.name), table) && names_run(table, column, run_key))
            return true;
    return false;
}

// ---- mapping ---------------------------------------------------------------------------------------------

namespace {

[[noreturn]] void refuse(Oid artifacts, const std::string &message, const std::string &hint) {
    throw pg::to_error(Refusal{
        Token::invalid_checkpoint, message, {{"artifact_table", pg::qualified_name(artifacts)}}, hint});
}

void require_owner(Oid relation) {
    if (pg::pg_call([&] { return superuser() || pg::compat::owns_relation(relation, GetUserId()); })) return;
    std::string name = pg::qualified_name(relation);
    throw pg::to_error(Refusal{Token::not_allowed,
                               core::format("only the owner of {} may map it", name),
                               {{"run_table", name}},
                               "Ask the owner of both tables, or have the role granted to you."});
}

// The only column of a unique index, the primary key before others.
Text unique_column(Oid artifacts) {
    pg::Rows rows = pg::run_latest(
        "SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE i.indrelid = $1 AND i.indisunique"
        " AND i.indisvalid AND i.indpred IS NULL AND i.indnkeyatts = 1 ORDER BY i.indisprimary DESC LIMIT 1",
        {pg::oid_param(artifacts)});
    if (rows.empty()) return std::nullopt;
    return rows.string(0, 1);
}

Text conventional(Oid artifacts, const Part &part) {
    if (part.conventions.empty()) return unique_column(artifacts);
    for (const std::string &name : part.conventions)
        if (OidIsValid(type_of(artifacts, name))) return name;
    return std::nullopt;
}

void check_type(Oid artifacts, const Governed &runs, const Part &part, int number,
                const std::string &column) {
    Oid type = type_of(artifacts, column);
    bool fits = OidIsValid(type);
    if (part.is_time) fits = type == TIMESTAMPTZOID;
    if (number == run_part) fits = can_name_runs(type, runs);
    if (!fits)
        refuse(artifacts,
               core::format("\"{}\" of {} can't be the {}", core::shortened(column),
                            pg::qualified_name(artifacts), part.item),
               number == run_part ? "It is of the type of the runs' key."
               : part.is_time     ? "It is a timestamptz."
                                  : "The table has no such column.");
}

// What decides which artifact is the newest, and of which run and status it is, must never change.
void check_fixed(const pg::Home &home, Oid artifacts, const Source &source) {
    govern::GovernedRef table = govern::find_governed(home, artifacts);
    using govern::Kind;
    if (!table || (table->kind != Kind::append_only && table->kind != Kind::write_once))
        refuse(artifacts, core::format("{} isn't governed as append-only", pg::qualified_name(artifacts)),
               core::format("SELECT {}.govern_append_only({}), or govern_write_once.", pg::schema_name(home),
                            pg::quote_literal(pg::qualified_name(artifacts))));
    for (int part = id_part; part <= at_part; part++)
        if (table->once_columns.contains(source.name(part)))
            refuse(artifacts, core::format("\"{}\" may be written later", source.name(part)),
                   "Only when an artifact expires and when it was lost may be said afterwards.");
}

void check_at(Oid artifacts, const std::string &column) {
    pg::Rows rows =
        pg::run_latest("SELECT attnotnull FROM pg_catalog.pg_attribute WHERE attrelid = $1 AND attname = $2",
                       {pg::oid_param(artifacts), pg::name_param(column)});
    if (!rows.boolean(0, 1))
        refuse(artifacts, core::format("\"{}\" may be NULL", column), "The newest artifact is found by it.");
}

void check_unique(Oid artifacts, const std::string &column) {
    pg::Rows rows = pg::run_latest(
        "SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid"
        " AND a.attnum = i.indkey[0] WHERE i.indrelid = $1 AND a.attname = $2 AND i.indisunique AND "
        "i.indisvalid"
        " AND i.indpred IS NULL AND i.indnkeyatts = 1",
        {pg::oid_param(artifacts), pg::name_param(column)});
    if (rows.empty())
        refuse(artifacts, core::format("\"{}\" isn't unique", column), "A retry names the artifact by it.");
}

bool has_rows(Oid artifacts) {
    pg::AsTableReader owner(pg::owner_of(artifacts));
    return !pg::run_latest(core::format("SELECT FROM {} LIMIT 1", pg::qualified_name(artifacts))).empty();
}

// As this table is, or was, mapped.
std::optional<Source> mapped_source(const pg::Home &home, const Governed &runs, Oid artifacts) {
    pg::AsRole owner(home.owner);
    pg::Rows rows = pg::run_latest(
        core::format("SELECT id_column::text, run_column::text, status_column::text, ref_column::text,"
                     " at_column::text, valid_until_column::text, invalidated_column::text"
                     " FROM {}.checkpoint_source WHERE run_table = $1 AND artifact_table = $2 LIMIT 1",
                     pg::schema_name(home)),
        {pg::regclass_param(runs.root), pg::regclass_param(artifacts)});
    if (rows.empty()) return std::nullopt;
    Source source;
    source.artifacts = artifacts;
    for (int part = 0; part < 7; part++) source.columns[part] = rows.text(0, part + 1);
    return source;
}

// Artifacts that are there have said where runs can go on, which is a fact by now.
void check_kept(const Source &mapped, const Source &source) {
    int number = 0;
    for (const Part &part : parts()) {
        const Text &before = mapped.columns[number];
        if (before && before != source.columns[number] && has_rows(source.artifacts))
            refuse(source.artifacts,
                   core::format("the {} of {} can't change any more", part.item,
                                pg::qualified_name(source.artifacts)),
                   core::format("It is \"{}\", and there are artifacts. Map another table for those to come.",
                                *before));
        number++;
    }
}

Source read_source(FunctionCallInfo fcinfo, const pg::Home &home, const Governed &runs) {
    Source source;
    source.artifacts = PG_GETARG_OID(1);
    require_owner(source.artifacts);
    const std::optional<Source> mapped = mapped_source(home, runs, source.artifacts);
    int number = 0;
    for (const Part &part : parts()) {
        Text &column = source.columns[number];
        column = pg::name_argument(fcinfo, number + 2);
        if (!column && mapped) column = mapped->columns[number];
        if (!column) column = conventional(source.artifacts, part);
        if (!column && part.needed)
            refuse(source.artifacts,
                   core::format("{} has no column for {}", pg::qualified_name(source.artifacts), part.item),
                   core::format("Name it: {} => '...'.", part.item));
        if (column) check_type(source.artifacts, runs, part, number, *column);
        number++;
    }
    check_fixed(home, source.artifacts, source);
    check_unique(source.artifacts, source.name(id_part));
    check_at(source.artifacts, source.name(at_part));
    if (mapped) check_kept(*mapped, source);
    return source;
}

void record(const pg::Home &home, const Governed &runs, const std::optional<Source> &source) {
    ledger::Entry entry;
    entry.action = "checkpoints_mapped";
    entry.run_table = runs.table_name.string();
    entry.policy_hash = runs.policy_hash;
    core::Value table = nullptr;
    if (source) table = pg::qualified_name(source->artifacts);
    entry.evidence = {{"artifact_table", table}};
    int number = 0;
    for (const Part &part : parts()) {
        if (source && source->columns[number]) entry.evidence.push_back({part.item, source->name(number)});
        number++;
    }
    ledger::append(home, entry);
}

void write(const pg::Home &home, const Governed &runs, const std::optional<Source> &source) {
    pg::AsRole owner(home.owner);
    std::string schema = pg::schema_name(home);
    pg::run(core::format("UPDATE {}.checkpoint_source SET replaced_at = clock_timestamp()"
                         " WHERE run_table = $1 AND replaced_at IS NULL",
                         schema),
            {pg::regclass_param(runs.root)});
    if (!source) return;
    pg::run(core::format("DELETE FROM {}.checkpoint_source WHERE run_table = $1 AND artifact_table = $2"
                         " AND run_column = $3",
                         schema),
            {pg::regclass_param(runs.root), pg::regclass_param(source->artifacts),
             pg::name_param(source->columns[run_part])});
    std::vector<pg::Param> params = {pg::regclass_param(runs.root), pg::regclass_param(source->artifacts)};
    for (const Text &column : source->columns) params.push_back(pg::name_param(column));
    pg::run(
        core::format("INSERT INTO {}.checkpoint_source VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", schema),
        params);
}

govern::GovernedRef runs_argument(FunctionCallInfo fcinfo, const pg::Home &home) {
    if (PG_ARGISNULL(0))
        throw pg::to_error(
            Refusal{Token::invalid_run_table, "run_table is NULL", {}, "Name a governed table."});
    govern::GovernedRef runs = retry::require_run_table(home, PG_GETARG_OID(0));
    require_owner(runs->root);
    return runs;
}

void report(FunctionCallInfo fcinfo, const std::optional<Source> &source) {
    int number = 0;
    for (const Part &part : parts()) {
        retry::RowBuilder row;
        row.text(std::string(part.item));
        row.text(source ? source->columns[number] : std::nullopt);
        row.put(fcinfo);
        number++;
    }
}

}  // namespace

}  // namespace retry_ledger::checkpoint

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(map_checkpoints) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        pg::SpiScope spi;
        govern::GovernedRef runs = checkpoint::runs_argument(fcinfo, home);
        std::optional<checkpoint::Source> source;
        if (!PG_ARGISNULL(1)) source = checkpoint::read_source(fcinfo, home, *runs);
        checkpoint::write(home, *runs, source);
        checkpoint::record(home, *runs, source);
        checkpoint::report(fcinfo, source);
        return Datum(0);
    });
}
