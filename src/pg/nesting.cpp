// PostgreSQL counts triggers, and nothing else that nests.  But whatever runs SQL of its own (SPI, SQL
// functions, procedural languages) registers who is to be told of errors, innermost first.  Around them is
// one at most: that of the apply worker, of its COPY, or of the client's bound parameters.
#include "pg/nesting.hpp"

extern "C" {
#include "commands/prepare.h"
#include "nodes/params.h"
#include "replication/worker_internal.h"
#include "tcop/pquery.h"
#include "utils/portal.h"
}

namespace retry_ledger::pg {

namespace {

bool is_outermost() {
    return error_context_stack == nullptr || error_context_stack->previous == nullptr;
}

bool is_called_directly() {
    return error_context_stack == nullptr ||
           (error_context_stack->callback == ParamsErrorCallback && error_context_stack->previous == nullptr);
}

// What follows runs within a pg_call.

// And no cursor that a trigger has left to be run when the transaction commits, no statement that one has
// prepared under the name of the driver's.
bool is_of_client(Portal portal) {
    if (portal == nullptr || portal->strategy != PORTAL_ONE_SELECT || portal->queryDesc == nullptr ||
        (portal->cursorOptions & CURSOR_OPT_HOLD) != 0 || strcmp(portal->sourceText, debug_query_string) != 0)
        return false;
    if (portal->prepStmtName == nullptr) return true;
    const PreparedStatement *prepared = FetchPreparedStatement(portal->prepStmtName, false);
    return prepared != nullptr && !prepared->from_sql;
}

// Views are tables here.
bool reads_tables(const PlannedStmt *plan) {
    ListCell *cell;
    foreach (cell, plan->rtable) {
        const auto *entry = lfirst_node(RangeTblEntry, cell);
        if (entry->rtekind == RTE_RELATION || OidIsValid(entry->relid)) return true;
    }
    return false;
}

// A plan names the functions that it was made of, those in SQL included that became part of it, by a hash of
// the object id that no other one has.  Those that PostgreSQL itself comes with it doesn't name.
bool calls_only(const PlannedStmt *plan, Oid function) {
    const uint32 hash = GetSysCacheHashValue1(PROCOID, ObjectIdGetDatum(function));
    bool called = false;
    ListCell *cell;
    foreach (cell, plan->invalItems) {
        const auto *item = lfirst_node(PlanInvalItem, cell);
        if (item->cacheId != PROCOID) continue;
        if (item->hashValue != hash) return false;
        called = true;
    }
    return called;
}

}  // namespace

bool is_applied() {
    return IsLogicalWorker() && is_outermost();
}

bool is_taken_as_found() {
    return is_applied() && MySubscription != nullptr &&
           pg_call([] { return superuser_arg(MySubscription->owner); });
}

bool is_clients_own_call(Oid function) {
    if (MyProcPort == nullptr || debug_query_string == nullptr || !is_called_directly()) return false;
    return pg_call([&] {
        if (!is_of_client(ActivePortal)) return false;
        const PlannedStmt *plan = ActivePortal->queryDesc->plannedstmt;
        return calls_only(plan, function) && !reads_tables(plan);
    });
}

}  // namespace retry_ledger::pg
