#include "retry/retry.hpp"

#include "core/decision.hpp"
#include "core/keys.hpp"
#include "ledger/ledger.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;

// Columns of the table retry.
constexpr AttrNumber link_run_table = 2, link_parent = 4, link_retry = 5, link_attempt = 6;

struct Link {
    std::string retry_key;
    int attempt;
};

// A row of the table retry by one of its keys, by everything committed by now: a snapshot taken earlier may
// not show it.
std::optional<Link> find_link(const pg::Home &home, const Governed &table, const char *index_name,
                              AttrNumber column, const std::string &key_text) {
    struct Found {
        Datum retry_key, attempt;
    };
    Oid relation = pg::own_relation(home, "retry"), index = pg::own_relation(home, index_name);
    Datum table_name = pg::text_datum(table.table_name.view()), key = pg::text_datum(key_text);
    Found found = pg::pg_call([&] {
        Relation retries = table_open(relation, AccessShareLock);
        Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
        ScanKeyData keys[2];
        ScanKeyEntryInitialize(&keys[0], 0, link_run_table, BTEqualStrategyNumber, InvalidOid,
                               C_COLLATION_OID, F_TEXTEQ, table_name);
        ScanKeyEntryInitialize(&keys[1], 0, column, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID,
                               F_TEXTEQ, key);
        SysScanDesc scan = systable_beginscan(retries, index, true, snapshot, 2, keys);
        HeapTuple tuple = systable_getnext(scan);
        bool null;
        Found result = {0, 0};
        if (HeapTupleIsValid(tuple)) {
            TupleDesc descriptor = RelationGetDescr(retries);
            result.retry_key = datumCopy(heap_getattr(tuple, link_retry, descriptor, &null), false, -1);
            result.attempt = heap_getattr(tuple, link_attempt, descriptor, &null);
        }
        systable_endscan(scan);
        UnregisterSnapshot(snapshot);
        table_close(retries, AccessShareLock);
        return result;
    });
    if (found.retry_key == 0) return std::nullopt;
    return Link{std::string(pg::varlena_view(found.retry_key)), DatumGetInt32(found.attempt)};
}

std::optional<core::LiveRetry> live_retry(const pg::Home &home, Governed &table,
                                          const std::string &parent_key) {
    std::optional<Link> link = find_link(home, table, "retry_live", link_parent, parent_key);
    if (!link) return std::nullopt;
    core::LiveRetry live{link->retry_key, std::nullopt};
    Datum key = pg::input_datum(table.key.type, table.key.typmod, link->retry_key);
    auto run = find_run(table, key, pg::See::latest);
    if (run) live.status = run->status;
    return live;
}

bool role_is_listed(const govern::NameList &roles) {
    for (const govern::Name &role : roles) {
        if (role.view() == "public") return true;
        bool member = pg::pg_call([&] {
            Oid oid = get_role_oid(role.data, true);
            return OidIsValid(oid) && is_member_of_role(GetUserId(), oid);
        });
        if (member) return true;
    }
    return false;
}

// A retry from before its table counted attempts says 1; its link, made at adoption, knows better.
int attempt_of(const pg::Home &home, const Governed &table, const VisibleRun &run) {
    if (!run.has_parent || run.attempt > 1) return run.attempt;
    std::optional<Link> link = find_link(home, table, "retry_child", link_retry, run.key);
    return link ? link->attempt : run.attempt;
}

core::RunFacts facts_of(const Governed &table, const VisibleRun &run) {
    return {table.table_name.string(), run.key, run.status, table.ended.contains(run.status), run.attempt};
}

std::string current_role() {
    return pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
}

std::string content_hash_of(const VisibleRun &run) {
    return std::string(pg::varlena_view(ledger::content_hash(run.row.descriptor(), run.row.tuple(0))));
}

// One row of the table retry, in its columns' order.
bool link(const pg::Home &home, const Governed &table, const Decided &decided, const std::string &retry_key) {
    auto text = [](const std::optional<std::string> &value) {
        return value ? pg::text_datum(*value) : Datum(0);
    };
    Datum values[] = {
        pg::new_uuid(),
        pg::text_datum(table.table_name.view()),
        text(decided.tenant),
        pg::text_datum(decided.parent_key),
        pg::text_datum(retry_key),
        Int32GetDatum(decided.attempt),
        pg::text_datum(decided.parent_status),
        text(decided.parent_error),
        pg::text_datum(decided.reason),
        pg::text_datum(current_role()),
        TimestampTzGetDatum(GetCurrentTimestamp()),
        BoolGetDatum(true),
        Datum(0),
    };
    bool nulls[] = {false, false, !decided.tenant, false, false, false, false, !decided.parent_error,
                    false, false, false,           false, true};
    return pg::insert_unless_conflict(pg::own_relation(home, "retry"), pg::own_relation(home, "retry_live"),
                                      values, nulls);
}

}  // namespace

Accepted decide(const pg::Home &home, Governed &table, const Request &request) {
    std::optional<VisibleRun> run = find_run(table, request.key);
    if (!run || (request.tenant && run->tenant != request.tenant))
        throw pg::to_error(core::run_not_found(core::shortened(request.key_text), table.table_name.string()));
    run->attempt = attempt_of(home, table, *run);
    core::Question question;
    question.run = facts_of(table, *run);
    question.role = current_role();
    question.role_may_retry = !table.lists_retry_roles || role_is_listed(table.retry_roles);
    question.attempted_status = table.initial.items[0].string();
    if (question.run.ended) question.live_retry = live_retry(home, table, run->key);
    if (auto refusal = core::decide_retry(question, policy_of(table))) throw pg::to_error(*refusal);

    Decided decided;
    decided.parent_key = run->key;
    decided.parent_status = run->status;
    decided.reason = request.reason;
    decided.parent_error = run->error;
    decided.tenant = run->tenant;
    decided.attempt = run->attempt + 1;
    decided.content_hash = content_hash_of(*run);
    return {std::move(decided), std::move(*run)};
}

void record_birth(const pg::Home &home, Governed &table, const Decided &decided,
                  const std::string &retry_key) {
    if (!link(home, table, decided, retry_key)) {
        pg::SpiScope spi;
        core::RunFacts run{table.table_name.string(), decided.parent_key, decided.parent_status, true,
                           decided.attempt - 1};
        auto live = live_retry(home, table, decided.parent_key);
        throw pg::to_error(
            core::already_retried(run, live.value_or(core::LiveRetry{"unknown", std::nullopt})));
    }
    ledger::Entry entry;
    entry.action = "retried";
    entry.run_table = table.table_name.string();
    entry.run_key = decided.parent_key;
    entry.tenant = decided.tenant;
    entry.attempt = decided.attempt;
    entry.reason_code = decided.reason;
    entry.prior_status = decided.parent_status;
    entry.policy_hash = table.policy_hash;
    Datum hash = pg::text_datum(decided.content_hash);  // bytea and text are laid out alike
    entry.content_hash = hash;
    entry.evidence = {{"retry_run_id", retry_key}};
    ledger::append(home, entry);
}

}  // namespace retry_ledger::retry
