// The way out: one role asks, another one approves within the hour.  What was recorded stays, and so does
// whose table it was: the name may come to be another's (adopt_history.cpp).
#include "core/reason.hpp"
#include "govern/adopt_steps.hpp"
#include "govern/approval.hpp"
#include "govern/governed.hpp"
#include "govern/login.hpp"
#include "guard/label.hpp"
#include "guard/locked_database.hpp"
#include "ledger/ledger.hpp"

namespace retry_ledger::govern {

namespace {

struct Release {
    pg::Home home;
    std::string schema;
    TableShape table;
    std::string role;  // who asks now
};

struct ReleaseRequest {
    Asked asked;
    std::string table_name;  // as the ledger has it
    MaybeText reason, at_text;
};

std::string governed_name(const Release &release) {
    return pg::quote_literal(release.table.qualified);
}

Release start(FunctionCallInfo fcinfo, const char *function) {
    Release release;
    release.home = pg::home_of(fcinfo->flinfo->fn_oid);
    release.schema = pg::schema_name(release.home);
    release.role = acting_role();
    if (PG_ARGISNULL(0))
        throw pg::Error{
            ERRCODE_NULL_VALUE_NOT_ALLOWED, "run_table must not be NULL", "",
            core::format("Name the table, as in SELECT {}.{}('my_table'...).", release.schema, function)};
    release.table = read_shape(PG_GETARG_OID(0));
    if (!pg::pg_call([&] { return pg::compat::owns_relation(release.table.relation, GetUserId()); }))
        throw refusal(release.table, ERRCODE_INSUFFICIENT_PRIVILEGE,
                      core::format("must be owner of table {}", release.table.qualified),
                      "Only its owner's roles and superusers ask for its release and approve it.",
                      "Ask one of them.");
    return release;
}

ReleaseRequest read_request(const Release &release) {
    pg::AsRole owner(release.home.owner);
    pg::Rows row = pg::run_latest(
        core::format(
            "SELECT release_requested_by, release_reason, release_requested_at, release_requested_at::text,"
            " e.session_role, locked, e.evidence ->> 'login_oid', g.table_name"
            " FROM {0}.governed_table g LEFT JOIN LATERAL (SELECT * FROM {0}.ledger_entry"
            "  WHERE run_table = g.table_name AND action = 'release_requested'"
            "  ORDER BY recorded_at DESC, entry_id DESC LIMIT 1) e ON true WHERE g.run_table = $1",
            release.schema),
        {pg::regclass_param(release.table.relation)});
    if (row.empty())
        throw refusal(release.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                      core::format("{} isn't governed", release.table.qualified),
                      "There is nothing to release.",
                      core::format("SELECT * FROM {}.governed_tables shows what is.", release.schema));
    ReleaseRequest request{
        {row.text(0, 1), row.text(0, 5), row.text(0, 7)}, row.string(0, 8), row.text(0, 2), row.text(0, 4)};
    bool null;
    Datum at = row.value(0, 3, &null);
    if (!null) request.asked.at = DatumGetTimestampTz(at);
    request.asked.locked = row.boolean(0, 6);
    return request;
}

// Whether a file may change depends on its run: without the runs' table nothing could be done to files.
void check_no_files(const Release &release) {
    pg::AsRole owner(release.home.owner);
    pg::Rows files = pg::run_latest(
        core::format("SELECT table_name FROM {}.governed_table WHERE of_table = $1", release.schema),
        {pg::regclass_param(release.table.relation)});
    if (files.empty()) return;
    throw refusal(release.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                  core::format("{} has governed files in {}", release.table.qualified, files.string(0, 1)),
                  "Whether a file may change depends on its run.",
                  core::format("Release the files first: SELECT {}.release_governance({}, 'why').",
                               release.schema, pg::quote_literal(files.string(0, 1))));
}

std::string read_reason(FunctionCallInfo fcinfo, const Release &release) {
    MaybeText reason = pg::text_argument(fcinfo, 1);
    if (reason && reason->size() <= core::max_reason_bytes &&
        reason->find_first_not_of(" \t\r\n") != std::string::npos)
        return *reason;
    throw refusal(
        release.table, ERRCODE_INVALID_PARAMETER_VALUE,
        core::format("the reason must have 1 to {} bytes", core::max_reason_bytes),
        "It goes to the ledger, and to whoever approves the release.",
        core::format("SELECT {}.release_governance({}, 'why').", release.schema, governed_name(release)));
}

Report request_release(FunctionCallInfo fcinfo) {
    Release release = start(fcinfo, "release_governance");
    const ReleaseRequest before = read_request(release);
    check_no_files(release);
    std::string reason = read_reason(fcinfo, release);
    check_own_call(release.table, before.asked.locked, fcinfo->flinfo->fn_oid);
    {
        pg::AsRole owner(release.home.owner);
        pg::write_latest(
            core::format("UPDATE {}.governed_table SET release_requested_by = $2, release_requested_at ="
                         " clock_timestamp(), release_reason = $3 WHERE run_table = $1",
                         release.schema),
            {pg::regclass_param(release.table.relation), pg::text_param(std::string_view(release.role)),
             pg::text_param(std::string_view(reason))});
    }
    ledger::Entry entry;
    entry.action = "release_requested";
    entry.run_table = before.table_name;
    entry.evidence = {{"reason", reason}};
    for (auto &item : login_evidence()) entry.evidence.push_back(std::move(item));
    ledger::append(release.home, entry);
    return {
        {"release", "requested", "by " + release.role},
        {"approval", core::format("SELECT {}.approve_release({})", release.schema, governed_name(release)),
         "by another role that may act as the table's owner, or by a superuser, within 1 hour"}};
}

void check_approval(const Release &release, const ReleaseRequest &request) {
    govern::check_approval(
        {release.table, "release", "release", release.table.qualified,
         core::format("SELECT {}.release_governance({}, 'why')", release.schema, governed_name(release)),
         core::format("SELECT {}.approve_release({})", release.schema, governed_name(release))},
        request.asked);
}

void forget_configuration(const Release &release, const std::string &table_name) {
    pg::AsRole owner(release.home.owner);
    pg::write_latest(core::format("DELETE FROM {}.run_key WHERE run_table = $1", release.schema),
                     {pg::text_param(table_name)});
    pg::write_latest(
        core::format("DELETE FROM {}.work_item WHERE run_table = $1 OR row_table = $1", release.schema),
        {pg::text_param(table_name)});
    pg::write_latest(
        core::format("DELETE FROM {0}.file_count c USING {0}.governed_table g JOIN {0}.governed_table r"
                     " ON r.run_table = g.of_table"
                     " WHERE g.run_table = $1 AND c.run_table = r.table_name",
                     release.schema),
        {pg::regclass_param(release.table.relation)});
    for (const char *configuration : {"work_queue", "checkpoint_source", "governed_table"})
        pg::write_latest(
            core::format("DELETE FROM {}.{} WHERE run_table = $1", release.schema, configuration),
            {pg::regclass_param(release.table.relation)});
}

std::string role_name(Oid role) {
    return pg::pg_call([&] { return GetUserNameFromId(role, false); });
}

bool has_locked_tables(const Release &release) {
    pg::AsRole owner(release.home.owner);
    return !pg::run_latest(core::format("SELECT FROM {}.governed_table WHERE locked", release.schema))
                .empty();
}

Report approve_release(FunctionCallInfo fcinfo) {
    Release release = start(fcinfo, "approve_release");
    pg::pg_call([&] {
        LockRelationOid(release.table.relation, AccessExclusiveLock);
        (void)find_all_inheritors(release.table.relation, AccessExclusiveLock, nullptr);
    });
    release.table = read_shape(release.table.relation);
    ReleaseRequest request = read_request(release);
    check_approval(release, request);
    check_no_files(release);
    check_own_call(release.table, request.asked.locked, fcinfo->flinfo->fn_oid);
    Report report;
    Work work(report, false);
    remove_guards(release.table, release.home, work);
    remove_history_view(release.table, release.home, work);
    forget_configuration(release, request.table_name);
    forget_governed(release.table.relation);
    guard::lock_changed(release.home);
    if (request.asked.locked)
        guard::unlabel_database(release.home, [&] { return has_locked_tables(release); });
    ledger::Entry entry;
    entry.action = "released";
    entry.run_table = request.table_name;
    entry.evidence = {{"reason", request.reason.value_or("")},
                      {"requested_by", *request.asked.by},
                      {"requested_at", request.at_text.value_or("")},
                      {"approved_by", release.role},
                      {"table_oid", static_cast<std::int64_t>(release.table.relation)},
                      {"table_owner", role_name(release.table.owner)}};
    for (auto &item : login_evidence()) entry.evidence.push_back(std::move(item));
    ledger::append(release.home, entry);
    return {{"release", "done",
             core::format("{} is governed no more; its history stays", release.table.qualified)}};
}

}  // namespace

}  // namespace retry_ledger::govern

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(release_governance) {
    return pg::entry([&] { return govern::answer(fcinfo, [&] { return govern::request_release(fcinfo); }); });
}

RETRY_LEDGER_FUNCTION(approve_release) {
    return pg::entry([&] { return govern::answer(fcinfo, [&] { return govern::approve_release(fcinfo); }); });
}
