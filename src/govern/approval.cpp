#include "govern/approval.hpp"

#include "core/json.hpp"
#include "govern/login.hpp"
#include "pg/nesting.hpp"

namespace retry_ledger::govern {

namespace {

constexpr int64 time_to_approve = INT64CONST(3600) * 1000 * 1000;  // microseconds

std::string session_role() {
    return pg::pg_call([] { return GetUserNameFromId(GetSessionUserId(), false); });
}

// Also one person behind two roles is one: but a superuser's session may stand for anybody.
// At level locked whoever approves has logged in anew, as another one.
bool is_same_login(const Asked &asked) {
    return asked.locked && is_login(asked.login_oid);
}

// Of a request that doesn't say where it came from, nobody can be told apart.
bool is_of_unknown_session(const Asked &asked) {
    return !asked.session || (asked.locked && !asked.login_oid);
}

bool is_the_same(const Asked &asked) {
    return asked.by == acting_role() ||
           (asked.session == session_role() && (asked.locked || !superuser_arg(GetSessionUserId()))) ||
           is_same_login(asked);
}

}  // namespace

// What is too old by now goes.
void ask(const pg::Home &home, Oid root, const std::string &what, const std::string &reason,
         const std::string &found) {
    core::Evidence request = {{"by", acting_role()},
                              {"session", session_role()},
                              {"at", pg::iso_time(GetCurrentTimestamp())},
                              {"reason", reason},
                              {"found", found}};
    for (auto &item : login_evidence()) request.push_back(std::move(item));
    pg::AsRole owner(home.owner);
    pg::write_latest(
        core::format("UPDATE {}.governed_table SET pending = jsonb_build_object($2, $3) ||"
                     " (SELECT coalesce(jsonb_object_agg(p.key, p.value), '{{}}') FROM jsonb_each(pending) p"
                     "  WHERE p.key <> $2"
                     "   AND (p.value->>'at')::timestamptz > clock_timestamp() - interval '1 hour')"
                     " WHERE run_table = $1",
                     pg::schema_name(home)),
        {pg::regclass_param(root), pg::text_param(what), pg::jsonb_param(core::to_json(request))});
}

// It answers once; where the act fails, the transaction's end brings it back.
Pending take_pending(const pg::Home &home, const Governed &table, const std::string &what) {
    pg::AsRole owner(home.owner);
    const std::string schema = pg::schema_name(home);
    const std::vector<pg::Param> params = {pg::regclass_param(table.root), pg::text_param(what)};
    pg::Rows row = pg::write_latest(
        core::format("SELECT r->>'by', r->>'session', r->>'reason', r->>'found', (r->>'at')::timestamptz, "
                     "r->>'login_oid'"
                     " FROM (SELECT pending->$2 FROM {}.governed_table WHERE run_table = $1 FOR UPDATE) q(r)"
                     " WHERE r IS NOT NULL",
                     schema),
        params);
    Pending pending;
    pending.asked.locked = table.locked;
    if (row.empty()) return pending;
    bool null;
    pending.asked.by = row.text(0, 1);
    pending.asked.session = row.text(0, 2);
    pending.asked.login_oid = row.text(0, 6);
    pending.reason = row.string(0, 3);
    pending.found = row.string(0, 4);
    pending.asked.at = DatumGetTimestampTz(row.value(0, 5, &null));
    pg::write_latest(
        core::format("UPDATE {}.governed_table SET pending = pending - $2 WHERE run_table = $1", schema),
        params);
    return pending;
}

std::string acting_role() {
    return pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
}

// Code that runs as a superuser where nothing is locked needs no detour.
void check_own_call(const TableShape &table, bool locked, Oid function) {
    if ((superuser() && !locked) || pg::is_clients_own_call(function)) return;
    const std::string name = pg::pg_call([&] { return get_func_name(function); });
    throw refusal(
        table, ERRCODE_INSUFFICIENT_PRIVILEGE,
        core::format("{} must be called by a statement of the client's own", name),
        "Called by functions, triggers, views or background processes it would act for somebody who "
        "may not know of it. So the statement reads no table and calls no other function than "
        "PostgreSQL's.",
        core::format("SELECT * FROM {}(...) in a session of your own.", name));
}

void check_approval(const Act &act, const Asked &asked) {
    if (!asked.by)
        throw refusal(act.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                      core::format("nobody asked for the {} of {}", act.noun, act.object),
                      core::format("A {} is asked for by one role and approved by another.", act.noun),
                      act.ask + ".");
    if (GetCurrentTimestamp() - asked.at > time_to_approve)
        throw refusal(act.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                      core::format("the request to {} {} is too old", act.verb, act.object),
                      "It has to be approved within 1 hour.", act.ask + ".");
    // A locked table needs a second role, whoever asks.
    if (superuser() && !asked.locked) return;
    if (is_of_unknown_session(asked))
        throw refusal(
            act.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            core::format("the request to {} {} doesn't say which session made it", act.verb, act.object),
            "Whether another person approves it can't be told.", act.ask + ".");
    if (is_the_same(asked))
        throw refusal(
            act.table, ERRCODE_INSUFFICIENT_PRIVILEGE,
            core::format("who asked for the {} of {} can't approve it", act.noun, act.object),
            is_same_login(asked)
                ? core::format("It was asked for by {}, in a session with the login of this one.", *asked.by)
                : core::format("It was asked for by {}.", *asked.by),
            core::format("Another role that may act as its owner, or a superuser{} {}.",
                         asked.locked ? ", after a login of its own:" : ":", act.approve));
}

}  // namespace retry_ledger::govern
