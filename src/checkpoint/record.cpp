// record_checkpoint, invalidate_checkpoint, latest_checkpoint.
//
// The run's row is locked while its checkpoint is recorded, as the caller, who must be able to update it: so
// the run can't end meanwhile, and its checkpoints are numbered without gaps or ties.
#include <algorithm>

#include "checkpoint/checkpoint.hpp"
#include "core/decision.hpp"
#include "core/keys.hpp"
#include "ledger/ledger.hpp"
#include "pg/lock.hpp"
#include "retry/arguments.hpp"
#include "retry/retry.hpp"

namespace retry_ledger::checkpoint {

namespace {

using core::Refusal;
using core::Token;
using govern::Governed;
using Text = std::optional<std::string>;

struct NewCheckpoint {
    Text run_id, tenant, evidence;
    std::string status, ref;
    std::optional<TimestampTz> valid_until;
    Oid run_table = InvalidOid;
};

// In the order of record_checkpoint's arguments.
NewCheckpoint read_new(FunctionCallInfo fcinfo) {
    NewCheckpoint made;
    made.run_id = pg::any_argument(fcinfo, 0);
    made.status = pg::text_argument(fcinfo, 1).value_or("");
    made.ref = pg::text_argument(fcinfo, 2).value_or("");
    if (!PG_ARGISNULL(3)) made.valid_until = PG_GETARG_TIMESTAMPTZ(3);
    made.evidence = retry::json_argument(fcinfo, 4);
    if (!PG_ARGISNULL(5)) made.run_table = PG_GETARG_OID(5);
    made.tenant = pg::text_argument(fcinfo, 6);
    return made;
}

void require_update(const Governed &table) {
    retry::require_privileges(table, "SELECT");
    if (retry::has_privilege(table, ACL_UPDATE)) return;
    std::string role = retry::current_role();
    throw pg::to_error(Refusal{
        Token::not_allowed,
        core::format("role {} lacks UPDATE on {}", role, table.table_name.view()),
        {{"role", role}, {"run_table", table.table_name.string()}, {"privilege", "UPDATE"}},
        core::format("GRANT SELECT, UPDATE ON {} TO {};", table.table_name.view(), pg::quote_ident(role))});
}

void check_new(const Governed &table, const NewCheckpoint &made) {
    std::vector<std::string> live = live_statuses(table);
    bool is_live = std::find(live.begin(), live.end(), made.status) != live.end();
    std::string evidence = made.evidence.value_or("{}");
    if (auto refusal = core::refuse_new_checkpoint(made.status, is_live, made.ref.size(), evidence.size(),
                                                   evidence.front() == '{', table.table_name.string()))
        throw pg::to_error(*refusal);
    if (!made.valid_until) return;
    if (!TIMESTAMP_NOT_FINITE(*made.valid_until) && *made.valid_until > GetCurrentTimestamp()) return;
    throw pg::to_error(Refusal{Token::invalid_checkpoint,
                               "valid_until is not a time to come",
                               {{"run_table", table.table_name.string()}},
                               "Pass a time in the future, or NULL: it is valid for good."});
}

struct LockedRun {
    std::string key, status;
    Text tenant;
    int attempt;
};

LockedRun lock_run(const Governed &table, const retry::RunReference &run, const Text &tenant) {
    auto column = [](const govern::Column &c) {
        return c ? "t." + pg::quote_ident(c.name.string()) : std::string("NULL::text");
    };
    pg::Rows rows = pg::write_latest(
        core::format("SELECT {0}, {1}, {2}, {3} FROM {4} t WHERE {0} OPERATOR(pg_catalog.=) $1"
                     " FOR NO KEY UPDATE",
                     column(table.key), column(table.status), column(table.tenant), column(table.attempt),
                     table.table_name.view()),
        {{table.key.base_type, run.key}});
    if (rows.empty() || (tenant && rows.text(0, 3) != tenant))
        throw pg::to_error(core::run_not_found(core::shortened(run.text), table.table_name.string()));
    return {rows.string(0, 1), rows.string(0, 2), rows.text(0, 3),
            static_cast<int>(rows.is_null(0, 4) ? 1 : rows.integer(0, 4))};
}

void refuse_ended(const Governed &table, const LockedRun &run) {
    if (!table.ended.contains(run.status)) return;
    throw pg::to_error(Refusal{
        Token::checkpoint_run_ended,
        core::format("run {} is {}", run.key, run.status),
        {{"run_id", run.key}, {"run_table", table.table_name.string()}, {"current_status", run.status}},
        "A run that ended is a fact: its checkpoints were recorded while it ran."});
}

int next_seq(const pg::Home &home, const Governed &table, const LockedRun &run) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows =
        pg::run_latest(core::format("SELECT coalesce(max(seq), 0) + 1 FROM {}.checkpoint WHERE run_table = $1"
                                    " AND run_key = $2",
                                    pg::schema_name(home)),
                       {pg::text_param(table.table_name.view()), pg::text_param(run.key)});
    return static_cast<int>(rows.integer(0, 1));
}

// One row of the table checkpoint, in its columns' order.
void insert_checkpoint(const pg::Home &home, const Governed &table, const LockedRun &run,
                       const NewCheckpoint &made, Datum id) {
    Datum values[] = {id,
                      pg::text_datum(table.table_name.view()),
                      pg::text_datum(run.key),
                      Int32GetDatum(next_seq(home, table, run)),
                      run.tenant ? pg::text_datum(*run.tenant) : Datum(0),
                      Int32GetDatum(run.attempt),
                      pg::text_datum(made.status),
                      pg::text_datum(made.ref),
                      TimestampTzGetDatum(made.valid_until.value_or(0)),
                      made.evidence ? pg::input_datum(JSONBOID, -1, *made.evidence) : Datum(0),
                      pg::text_datum(retry::current_role()),
                      TimestampTzGetDatum(GetCurrentTimestamp())};
    bool nulls[] = {false,          false, false, false, !run.tenant, false, false, false, !made.valid_until,
                    !made.evidence, false, false};
    pg::insert_row(pg::own_relation(home, "checkpoint"), values, nulls);
}

void record(const pg::Home &home, const Governed &table, const LockedRun &run, const NewCheckpoint &made,
            const std::string &id) {
    ledger::Entry entry;
    entry.action = "checkpoint_recorded";
    entry.run_table = table.table_name.string();
    entry.run_key = run.key;
    entry.tenant = run.tenant;
    entry.attempt = run.attempt;
    entry.prior_status = run.status;
    entry.policy_hash = table.policy_hash;
    entry.evidence = {{"checkpoint_id", id}, {"status", made.status}, {"ref", made.ref}};
    if (made.valid_until) entry.evidence.push_back({"valid_until", pg::iso_time(*made.valid_until)});
    if (made.evidence) entry.evidence.push_back({"evidence", core::Json{*made.evidence}});
    ledger::append(home, entry);
}

std::string record_new(const pg::Home &home, const NewCheckpoint &made) {
    retry::RunReference run = retry::resolve_run(home, made.run_id, made.run_table);
    const Governed &table = *run.table;
    require_update(table);
    retry::check_tenant_argument(table, made.tenant);
    check_new(table, made);
    LockedRun locked = lock_run(table, run, made.tenant);
    refuse_ended(table, locked);
    Datum id = pg::new_uuid();
    insert_checkpoint(home, table, locked, made, id);
    std::string text = pg::output_text(UUIDOID, id);
    record(home, table, locked, made, text);
    return text;
}

// A checkpoint by its id, with what invalidating it needs of its run.
struct Known {
    Oid relation;
    std::string run_key, status, ref;
    Text tenant;
    int attempt;
};

Known known_checkpoint(const pg::Home &home, const std::string &id) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(
        core::format("SELECT g.run_table::oid, c.run_key, c.status, c.ref, c.tenant, c.attempt FROM"
                     " {0}.checkpoint c JOIN {0}.governed_table g ON g.table_name = c.run_table"
                     " WHERE c.checkpoint_id = $1::pg_catalog.uuid",
                     pg::schema_name(home)),
        {pg::text_param(id)});
    if (rows.empty()) throw pg::to_error(core::checkpoint_not_found(id));
    return {static_cast<Oid>(rows.integer(0, 1)),
            rows.string(0, 2),
            rows.string(0, 3),
            rows.string(0, 4),
            rows.text(0, 5),
            static_cast<int>(rows.integer(0, 6))};
}

// Whoever can't see the run is told that there is no such checkpoint.
void require_seen(Governed &table, const Known &known, const std::string &id, const Text &tenant) {
    require_update(table);
    retry::check_tenant_argument(table, tenant);
    Datum key = retry::parse_key(table, known.run_key, Token::checkpoint_not_found);
    std::optional<retry::VisibleRun> run = retry::find_run(table, key, pg::See::latest);
    if (!run || (tenant && run->tenant != tenant)) throw pg::to_error(core::checkpoint_not_found(id));
}

std::string lock_of(const std::string &id) {
    return core::format("checkpoint {}", pg::lock_number(id));
}

bool invalidate(const pg::Home &home, Datum id, const std::string &reason, const Text &tenant) {
    std::string text = pg::output_text(UUIDOID, id);
    Known known = known_checkpoint(home, text);
    govern::GovernedRef table = govern::find_governed(home, known.relation);
    if (!table) throw pg::to_error(core::checkpoint_not_found(text));
    require_seen(*table, known, text, tenant);
    pg::lock_name(home, lock_of(text));
    Datum values[] = {id, pg::text_datum(reason), pg::text_datum(retry::current_role()),
                      TimestampTzGetDatum(GetCurrentTimestamp())};
    bool nulls[4] = {};
    if (!pg::insert_unless_conflict(pg::own_relation(home, "checkpoint_invalidation"),
                                    pg::own_relation(home, "checkpoint_invalidation_pkey"), values, nulls))
        return false;
    ledger::Entry entry;
    entry.action = "checkpoint_invalidated";
    entry.run_table = table->table_name.string();
    entry.run_key = known.run_key;
    entry.tenant = known.tenant;
    entry.attempt = known.attempt;
    entry.reason_code = reason;
    entry.policy_hash = table->policy_hash;
    entry.evidence = {{"checkpoint_id", text}, {"status", known.status}, {"ref", known.ref}};
    ledger::append(home, entry);
    return true;
}

std::optional<Row> latest_of(const pg::Home &home, const Text &run_id, Oid run_table, const Text &tenant) {
    retry::RunReference run = retry::resolve_run(home, run_id, run_table);
    retry::require_privileges(*run.table, "SELECT");
    retry::check_tenant_argument(*run.table, tenant);
    retry::Request request;
    request.key = run.key;
    request.key_text = run.text;
    request.tenant = tenant;
    return find(home, *run.table, retry::visible_run(*run.table, request).key, core::WantedCheckpoint{});
}

}  // namespace

void hold_checkpoint(const pg::Home &home, const std::string &id) {
    if (!core::can_be_key(core::KeyType::uuid, id)) return;  // an artifact of the application's
    pg::lock_name_shared(home, lock_of(id));
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    if (pg::run_latest(core::format("SELECT FROM {}.checkpoint_invalidation"
                                    " WHERE checkpoint_id = $1::pg_catalog.uuid",
                                    pg::schema_name(home)),
                       {pg::text_param(id)})
            .empty())
        return;
    throw pg::Error{ERRCODE_T_R_SERIALIZATION_FAILURE,
                    core::format("checkpoint {} was invalidated in this moment", core::shortened(id)),
                    "The retry was to go on from it.", "Repeat the call."};
}

}  // namespace retry_ledger::checkpoint

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(record_checkpoint) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        checkpoint::NewCheckpoint made = checkpoint::read_new(fcinfo);
        std::string id;
        {
            pg::SpiScope spi;
            id = checkpoint::record_new(home, made);
        }
        return pg::input_datum(UUIDOID, -1, id);
    });
}

RETRY_LEDGER_FUNCTION(invalidate_checkpoint) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        if (PG_ARGISNULL(0)) throw pg::to_error(core::checkpoint_not_found("NULL"));
        std::string reason = pg::text_argument(fcinfo, 1).value_or("");
        retry::check_reason(reason);
        pg::SpiScope spi;
        return BoolGetDatum(
            checkpoint::invalidate(home, PG_GETARG_DATUM(0), reason, pg::text_argument(fcinfo, 2)));
    });
}

RETRY_LEDGER_FUNCTION(latest_checkpoint) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        pg::SpiScope spi;
        std::optional<checkpoint::Row> found = checkpoint::latest_of(
            home, pg::any_argument(fcinfo, 0), PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1),
            pg::text_argument(fcinfo, 2));
        if (!found) return Datum(0);
        retry::RowBuilder row;
        row.text(found->found.resume.checkpoint_id);
        row.text(found->run_key);
        row.integer(found->attempt);
        row.text(found->found.resume.from_status);
        row.text(found->found.resume.ref);
        row.time(found->valid_until);
        row.json(found->evidence);
        row.time(found->recorded_at);
        row.put(fcinfo);
        return Datum(0);
    });
}
