// purge_governed and approve_purge: old partitions go, by two roles, and leave on the ledger what went.
//
// What the request found must still be so when it is approved, under the locks that keep everybody else out.
#include "govern/purge.hpp"
#include "core/reason.hpp"
#include "govern/adopt_steps.hpp"
#include "guard/locked_database.hpp"
#include "ledger/ledger.hpp"
#include "pg/as_owner.hpp"

namespace retry_ledger::govern {

namespace {

Oid root_of(Oid partition) {
    return pg::pg_call([&] {
        List *ancestors = get_partition_ancestors(partition);
        return ancestors == NIL ? InvalidOid : llast_oid(ancestors);
    });
}

Purge find(FunctionCallInfo fcinfo, const char *function) {
    Purge purge;
    purge.home = pg::home_of(fcinfo->flinfo->fn_oid);
    purge.schema = pg::schema_name(purge.home);
    if (PG_ARGISNULL(0))
        throw pg::Error{ERRCODE_NULL_VALUE_NOT_ALLOWED, "partition must not be NULL", "",
                        core::format("Name it, as in SELECT {}.{}('runs_2020'...).", purge.schema, function)};
    purge.partition = read_shape(PG_GETARG_OID(0));
    const Oid root = purge.partition.is_partition ? root_of(purge.partition.relation) : InvalidOid;
    if (OidIsValid(root)) purge.table = find_governed(purge.home, root);
    if (!purge.table || purge.table->kind != Kind::runs)
        throw refusal(
            purge.partition, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            core::format("{} isn't a partition of a governed table of runs", purge.partition.qualified),
            "Only whole partitions of such a table can be purged.",
            core::format("SELECT * FROM {}.guard_status() shows what is.", purge.schema));
    purge.root = read_shape(root);
    return purge;
}

void check_purge(const Purge &purge) {
    if (!pg::pg_call([&] { return pg::compat::owns_relation(purge.root.relation, GetUserId()); }))
        throw refusal(purge.partition, ERRCODE_INSUFFICIENT_PRIVILEGE,
                      core::format("must be owner of table {}", purge.root.qualified),
                      "Only its owner's roles and superusers ask for a purge and approve it.",
                      "Ask one of them.");
    if (OidIsValid(purge.table->files))
        throw refusal(
            purge.partition, ERRCODE_FEATURE_NOT_SUPPORTED,
            core::format("runs of {} have governed files and can't be purged", purge.root.qualified),
            "Their files would be left without a run.", "");
    if (!purge.retention.since)
        throw refusal(purge.partition, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                      core::format("{} has no retention", purge.root.qualified),
                      "Nothing says for how long its runs are kept.",
                      core::format("SELECT * FROM {}.set_retention({}, keep => '2 years', reason => 'why').",
                                   purge.schema, pg::quote_literal(purge.root.qualified)));
}

Purge start(FunctionCallInfo fcinfo, const char *function) {
    Purge purge = find(fcinfo, function);
    purge.retention = read_retention(purge.home, *purge.table);
    check_purge(purge);
    return purge;
}

core::Evidence facts_of(const Purge &purge, const PurgeFacts &facts, const std::string &reason) {
    auto time = [&](int64 at) { return facts.rows > 0 ? core::Value(pg::iso_time(at)) : nullptr; };
    return {{"partition", purge.partition.qualified},
            {"reason", reason},
            {"rows", facts.rows},
            {"digest", facts.digest},
            {"first_end", time(facts.first_end)},
            {"last_end", time(facts.last_end)},
            {"keep", purge.retention.keep},
            {"retention_set_by", *purge.retention.set_by},
            {"retention_set_at", *purge.retention.since}};
}

void record(const Purge &purge, const char *action, core::Evidence evidence) {
    ledger::Entry entry;
    entry.action = action;
    entry.run_table = purge.root.qualified;
    entry.evidence = std::move(evidence);
    ledger::append(purge.home, entry);
}

Decision rows_decision(const PurgeFacts &facts) {
    return {"rows", core::format("{}", facts.rows),
            facts.rows == 0 ? core::format("digest {}", facts.digest)
                            : core::format("ended from {} to {}; digest {}", pg::iso_time(facts.first_end),
                                           pg::iso_time(facts.last_end), facts.digest)};
}

std::string what(const Purge &purge) {
    return "purge " + purge.partition.qualified;
}

std::string approval_call(const Purge &purge) {
    return core::format("SELECT {}.approve_purge({})", purge.schema,
                        pg::quote_literal(purge.partition.qualified));
}

Report request_purge(FunctionCallInfo fcinfo) {
    const Purge purge = start(fcinfo, "purge_governed");
    const std::string reason = pg::text_argument(fcinfo, 1).value_or("");
    if (auto refused = core::refuse_reason(reason)) throw pg::to_error(*refused);
    const PurgeFacts facts = look_at_partition(purge, Leave::rows);
    check_own_call(purge.root, purge.table->locked, fcinfo->flinfo->fn_oid);
    ask(purge.home, purge.root.relation, what(purge), reason, facts.digest);
    record(purge, "purge_requested", facts_of(purge, facts, reason));
    return {{"purge", "requested", "by " + acting_role()},
            rows_decision(facts),
            {"retention", purge.retention.keep,
             core::format("since {}, set by {}", *purge.retention.since, *purge.retention.set_by)},
            {"approval", approval_call(purge),
             "by another role that may act as the table's owner, or by a superuser, within 1 hour"}};
}

// As DETACH and DROP would, before the rows are counted again.
void lock(const Purge &purge) {
    pg::pg_call([&] {
        LockRelationOid(purge.root.relation, AccessExclusiveLock);
        (void)find_all_inheritors(purge.partition.relation, AccessExclusiveLock, nullptr);
    });
}

// What was accepted of a partition goes with it: another one may get its name.
void forget_shape(const Purge &purge) {
    pg::AsRole owner(purge.home.owner);
    pg::run(core::format("UPDATE {0}.governed_table SET accepted = (accepted - 'partitions')"
                         " || ({0}.table_shape(run_table) - '{{rls,force_rls,policies,rules}}'::text[])"
                         " WHERE run_table = $1",
                         purge.schema),
            {pg::regclass_param(purge.root.relation)});
}

// PostgreSQL looks into the tables that refer to this one, and computes functions of theirs: they get no
// further than the owner does, whoever approves.
void run_as_owner(Oid owner, const std::string &ddl) {
    pg::AsTableOwnerRestricted restricted(owner);
    Report report;
    Work(report, false).run(ddl, "ACCESS EXCLUSIVE");
}

void drop(const Purge &purge) {
    const std::string parent = pg::qualified_name(
        pg::pg_call([&] { return get_partition_parent(purge.partition.relation, false); }));
    run_as_owner(purge.root.owner,
                 core::format("ALTER TABLE {} DETACH PARTITION {}", parent, purge.partition.qualified));
    run_as_owner(purge.partition.owner, core::format("DROP TABLE {}", purge.partition.qualified));
    forget_shape(purge);
    forget_governed(purge.root.relation);
    guard::lock_changed(purge.home);
}

Report approve_purge(FunctionCallInfo fcinfo) {
    lock(start(fcinfo, "approve_purge"));
    const Purge purge = start(fcinfo, "approve_purge");  // by now it may have gone elsewhere
    const Pending request = take_pending(purge.home, *purge.table, what(purge));
    const std::string ask = core::format("SELECT {}.purge_governed({}, 'why')", purge.schema,
                                         pg::quote_literal(purge.partition.qualified));
    check_approval({purge.partition, "purge", "purge", purge.partition.qualified, ask, approval_call(purge)},
                   request.asked);
    const PurgeFacts facts = look_at_partition(purge, Leave::keys);
    if (facts.digest != request.found)
        throw refusal(
            purge.partition, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            core::format("{} isn't what it was when its purge was asked for", purge.partition.qualified),
            "What is approved is what was asked for.", ask + ".");
    check_own_call(purge.root, request.asked.locked, fcinfo->flinfo->fn_oid);
    core::Evidence evidence = facts_of(purge, facts, request.reason);
    evidence.insert(evidence.end(), {{"requested_by", *request.asked.by},
                                     {"requested_at", pg::iso_time(request.asked.at)},
                                     {"approved_by", acting_role()}});
    drop(purge);
    record(purge, "purged", std::move(evidence));
    return {{"purge", "done",
             core::format("{} is gone; ledger, retries and credits stay", purge.partition.qualified)},
            rows_decision(facts)};
}

}  // namespace

}  // namespace retry_ledger::govern

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(purge_governed) {
    return pg::entry([&] { return govern::answer(fcinfo, [&] { return govern::request_purge(fcinfo); }); });
}

RETRY_LEDGER_FUNCTION(approve_purge) {
    return pg::entry([&] { return govern::answer(fcinfo, [&] { return govern::approve_purge(fcinfo); }); });
}
