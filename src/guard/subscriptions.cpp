// Logical replication writes rows without the check of privileges that statements go through, and without
// triggers of statements: PostgreSQL takes any table for the target of a subscription, system catalogs
// included, and asks who owns the subscription for the table's privileges at most, which pg_write_all_data
// has.  A worker writes to what stands in pg_subscription_rel, and that is filled by commands only, so it is
// looked at there, and again before a worker commits.  What a superuser's subscription brings to our own
// tables is what his publisher has decided: standbys by logical replication need it.
#include "guard/subscriptions.hpp"

#include "guard/hooks.hpp"
#include "guard/label.hpp"
#include "pg/text.hpp"

extern "C" {
#include "catalog/pg_subscription.h"
#include "catalog/pg_subscription_rel.h"
#include "replication/worker_internal.h"
}

#include <vector>

namespace retry_ledger::guard {

namespace {

struct Target {
    Oid relation, subscription;
};

// As the command has left it.
std::vector<Target> targets() {
    std::vector<Target> found;
    pg::pg_call([&] {
        Relation catalog = table_open(SubscriptionRelRelationId, AccessShareLock);
        SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, SnapshotSelf, 0, nullptr);
        for (HeapTuple row = systable_getnext(scan); HeapTupleIsValid(row); row = systable_getnext(scan)) {
            const auto &form = *reinterpret_cast<Form_pg_subscription_rel>(GETSTRUCT(row));
            found.push_back({form.srrelid, form.srsubid});
        }
        systable_endscan(scan);
        table_close(catalog, AccessShareLock);
    });
    return found;
}

// Within a pg_call.
bool is_superusers(Oid subscription) {
    Relation catalog = table_open(SubscriptionRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_subscription_oid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(subscription));
    SysScanDesc scan = systable_beginscan(catalog, SubscriptionObjectIndexId, true, SnapshotSelf, 1, &key);
    HeapTuple row = systable_getnext(scan);
    const bool superuser = HeapTupleIsValid(row) &&
                           superuser_arg(reinterpret_cast<Form_pg_subscription>(GETSTRUCT(row))->subowner);
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    return superuser;
}

bool is_own(Oid relation) {
    return pg::pg_call([&] {
        const Oid ours = get_extension_oid("retry_ledger", true);
        return OidIsValid(ours) && getExtensionOfObject(RelationRelationId, relation) == ours;
    });
}

void check(const Target &target, bool catalogs) {
    if (catalogs && IsCatalogRelationOid(target.relation)) refuse_by_hand(target.relation);
    if (!is_own(target.relation) || pg::pg_call([&] { return is_superusers(target.subscription); })) return;
    throw pg::Error{
        ERRCODE_INSUFFICIENT_PRIVILEGE,
        core::format("permission denied to write table {}", pg::qualified_name(target.relation)),
        "It is written by the functions of retry_ledger, and by subscriptions of superusers only.",
        "Leave it out of the publication, or let a superuser own the subscription."};
}

// A superuser may have ceased to be one, in whichever database, and REASSIGN OWNED asks nobody.
void check_applied(XactEvent event, void *) {
    if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE) return;
    if (!IsLogicalWorker() || MySubscription == nullptr ||
        !TransactionIdIsValid(GetTopTransactionIdIfAny()) || hooks_stand_aside())
        return;
    pg::entry([] {
        for (const Target &target : targets())
            if (target.subscription == MySubscription->oid) check(target, server_has_locks());
        return true;
    });
}

// To stop one, and to take its slot away, is anybody's who may.
bool brings_more(const Node *statement) {
    if (!IsA(statement, AlterSubscriptionStmt)) return false;
    const auto &alter = *reinterpret_cast<const AlterSubscriptionStmt *>(statement);
    if (alter.kind == ALTER_SUBSCRIPTION_ENABLED)
        return pg::pg_call([&] { return defGetBoolean(linitial_node(DefElem, alter.options)); });
    return alter.kind != ALTER_SUBSCRIPTION_OPTIONS && alter.kind != ALTER_SUBSCRIPTION_SKIP;
}

}  // namespace

bool alters_subscription(const Node *statement) {
    return IsA(statement, CreateSubscriptionStmt) || brings_more(statement) ||
           (IsA(statement, AlterOwnerStmt) &&
            reinterpret_cast<const AlterOwnerStmt *>(statement)->objectType == OBJECT_SUBSCRIPTION);
}

void check_subscriptions(bool catalogs) {
    for (const Target &target : targets()) check(target, catalogs);
}

void watch_subscriptions() {
    RegisterXactCallback(check_applied, nullptr);
}

}  // namespace retry_ledger::guard
