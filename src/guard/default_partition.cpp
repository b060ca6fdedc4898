// PostgreSQL looks at the rows of a DEFAULT partition when another one comes beside it, unless a CHECK proves
// that it needn't.  What a CHECK says is its owner's affair: a function of it can be replaced, or go by a
// setting.  Rows that stayed behind would be left out by every query that names their key, and could be
// updated no more.  So we look in any case.
#include "guard/default_partition.hpp"

#include "pg/application.hpp"
#include "pg/as_owner.hpp"

extern "C" {
#include "utils/partcache.h"
}

namespace retry_ledger::guard {

namespace {

// What follows runs within a pg_call.

Oid default_beside(Oid partition) {
    const Oid beside = get_default_partition_oid(get_partition_parent(partition, true));
    return beside == partition ? InvalidOid : beside;
}

// `bounds`: as they are now, in terms of the columns of `owner`.
bool all_rows_pass(Oid leaf, Relation owner, List *bounds) {
    Relation relation = table_open(leaf, NoLock);
    EState *state = CreateExecutorState();
    List *mapped = map_partition_varattnos(bounds, 1, relation, owner);
    ExprState *check = ExecPrepareExpr(make_ands_explicit(mapped), state);
    ExprContext *context = GetPerTupleExprContext(state);
    TupleTableSlot *slot = table_slot_create(relation, nullptr);
    context->ecxt_scantuple = slot;
    Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
    TableScanDesc scan = table_beginscan(relation, snapshot, 0, nullptr);
    bool pass = true;
    while (pass && table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
        CHECK_FOR_INTERRUPTS();
        pass = ExecCheck(check, context);
        ResetExprContext(context);
    }
    table_endscan(scan);
    UnregisterSnapshot(snapshot);
    ExecDropSingleTupleTableSlot(slot);
    FreeExecutorState(state);
    table_close(relation, NoLock);
    return pass;
}

}  // namespace

// Locked as PostgreSQL locks them to look: nobody writes to them meanwhile.
bool default_partition_has_rows_of(Oid partition) {
    const Oid beside = pg::pg_call([&] { return default_beside(partition); });
    if (!OidIsValid(beside)) return false;
    pg::AsTableReader reader(pg::owner_of(beside));  // partition keys may be functions of the application
    return pg::pg_call([&] {
        List *leaves = find_all_inheritors(beside, AccessExclusiveLock, nullptr);
        Relation owner = table_open(beside, NoLock);
        List *bounds = RelationGetPartitionQual(owner);
        bool pass = true;
        ListCell *cell;
        // PostgreSQL tells sessions of the default partition only, not of those below, that they may not take
        // such rows any more.
        foreach (cell, leaves) CacheInvalidateRelcacheByRelid(lfirst_oid(cell));
        foreach (cell, leaves)
            if (pass && RELKIND_HAS_TABLE_AM(get_rel_relkind(lfirst_oid(cell))))
                pass = all_rows_pass(lfirst_oid(cell), owner, bounds);
        table_close(owner, NoLock);
        return !pass;
    });
}

}  // namespace retry_ledger::guard
