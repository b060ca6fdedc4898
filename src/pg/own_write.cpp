// Rows of our own tables, written straight to heap and indexes.
//
// How the indexes of a table are filled is kept for the life of a backend: PostgreSQL would prepare
// predicates and expressions of indexes anew for each statement, at many times what their entries cost.  What
// is kept goes when PostgreSQL tells that the table, or any function, has changed.
//
// Some access methods (GIN, GiST, BRIN) keep something of their own from row to row of a statement, with
// pointers into the index's relcache entry and with pins.  Ours are no statements, and a subtransaction may
// be undone between two rows: with an index of such a method that goes after each row.
#include "pg/own_table.hpp"

extern "C" {
#include "catalog/pg_am.h"
}

namespace retry_ledger::pg {

struct KeepOpen::Table {
    Oid relation;
    bool stale;
    int users;  // scopes that keep it open: it can't change while they have its lock
    MemoryContext context;
    EState *estate;
    ResultRelInfo *info;  // its relations are set while it is open
    Oid *indexes;
    TupleTableSlot *slot;
    MemoryContext row_context;  // of what access methods keep; none: no index has one that does
    Table *next;
};

namespace {

using Prepared = KeepOpen::Table;

Prepared *all_prepared = nullptr;

// Callbacks: they flip flags only.
void relation_changed(Datum, Oid relation) noexcept {
    for (Prepared *p = all_prepared; p != nullptr; p = p->next)
        if (relation == InvalidOid || relation == p->relation) p->stale = true;
}

void function_changed(Datum, int, uint32) noexcept {
    relation_changed(Datum(0), InvalidOid);
}

// What follows runs within a pg_call.

Prepared *entry_of(Oid relation) {
    static bool watching = false;
    if (!watching) {
        CacheRegisterRelcacheCallback(relation_changed, Datum(0));
        CacheRegisterSyscacheCallback(PROCOID, function_changed, Datum(0));
        watching = true;
    }
    for (Prepared *p = all_prepared; p != nullptr; p = p->next)
        if (p->relation == relation) return p;
    auto *made = static_cast<Prepared *>(MemoryContextAllocZero(TopMemoryContext, sizeof(Prepared)));
    made->relation = relation;
    made->next = all_prepared;
    return all_prepared = made;
}

bool keeps_something(Relation index) {
    return index->rd_rel->relam != BTREE_AM_OID && index->rd_rel->relam != HASH_AM_OID;
}

// Of a row that went wrong: its pins went with its subtransaction.
void forget_kept(Prepared *p) {
    if (p->row_context == nullptr) return;
    MemoryContextReset(p->row_context);
    for (int i = 0; i < p->info->ri_NumIndices; i++) {
        p->info->ri_IndexRelationInfo[i]->ii_AmCache = nullptr;
        p->info->ri_IndexRelationInfo[i]->ii_Context = p->row_context;
    }
}

void give_back_kept(Prepared *p) {
    if (p->row_context == nullptr) return;
    for (int i = 0; i < p->info->ri_NumIndices; i++)
        compat::index_insert_cleanup(p->info->ri_IndexRelationDescs[i], p->info->ri_IndexRelationInfo[i]);
    forget_kept(p);
}

// Leaves the indexes open.
void prepare(Prepared *p, Relation relation) {
    if (p->context != nullptr) MemoryContextDelete(std::exchange(p->context, nullptr));
    MemoryContext context =
        AllocSetContextCreate(CurrentMemoryContext, "retry_ledger own table", ALLOCSET_SMALL_SIZES);
    MemoryContext before = MemoryContextSwitchTo(context);
    p->stale = false;
    p->estate = CreateExecutorState();
    p->info = makeNode(ResultRelInfo);
    InitResultRelInfo(p->info, relation, 0, nullptr, 0);
    ExecOpenIndices(p->info, true);
    p->indexes = static_cast<Oid *>(palloc(sizeof(Oid) * (p->info->ri_NumIndices + 1)));
    p->row_context = nullptr;
    for (int i = 0; i < p->info->ri_NumIndices; i++) {
        p->indexes[i] = RelationGetRelid(p->info->ri_IndexRelationDescs[i]);
        if (p->row_context == nullptr && keeps_something(p->info->ri_IndexRelationDescs[i]))
            p->row_context = AllocSetContextCreate(context, "retry_ledger own row", ALLOCSET_SMALL_SIZES);
    }
    p->slot = MakeTupleTableSlot(CreateTupleDescCopyConstr(RelationGetDescr(relation)),
                                 table_slot_callbacks(relation));
    MemoryContextSwitchTo(before);
    // Last: an error before it leaves nothing that would be taken for prepared.
    MemoryContextSetParent(context, CacheMemoryContext);
    p->context = context;
}

void open_prepared(Prepared *p, Relation relation) {
    p->info->ri_RelationDesc = relation;
    for (int i = 0; i < p->info->ri_NumIndices; i++)
        p->info->ri_IndexRelationDescs[i] = index_open(p->indexes[i], RowExclusiveLock);
}

// Opens the table, unless a scope keeps it open.
Prepared *open_table(Oid relid) {
    Prepared *p = entry_of(relid);
    if (p->users == 0) {
        Relation relation = table_open(relid, RowExclusiveLock);
        if (p->context == nullptr || p->stale)
            prepare(p, relation);
        else
            open_prepared(p, relation);
    }
    forget_kept(p);
    return p;
}

void close_table(Prepared *p) {
    give_back_kept(p);
    if (p->users > 0) return;
    ExecClearTuple(p->slot);
    ExecCloseIndices(p->info);
    table_close(p->info->ri_RelationDesc, NoLock);
}

void fill(Prepared *p, const Datum *values, const bool *nulls) {
    ResetPerTupleExprContext(p->estate);
    ExecClearTuple(p->slot);
    int columns = p->slot->tts_tupleDescriptor->natts;
    memcpy(p->slot->tts_values, values, sizeof(Datum) * columns);
    memcpy(p->slot->tts_isnull, nulls, sizeof(bool) * columns);
    ExecStoreVirtualTuple(p->slot);
    // The heap fills in the tuple's location: a slot of its own kind has a place for it.
    ExecMaterializeSlot(p->slot);
}

// One try: false if it met a conflict that appeared between the look and the insert.
bool insert_speculatively(Prepared *p, List *arbiters) {
    Relation relation = p->info->ri_RelationDesc;
    uint32 token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
    bool conflict = false;
    table_tuple_insert_speculative(relation, p->slot, GetCurrentCommandId(true), 0, nullptr, token);
    (void)compat::insert_index_tuples(p->info, p->slot, p->estate, true, &conflict, arbiters);
    table_tuple_complete_speculative(relation, p->slot, token, !conflict);
    SpeculativeInsertionLockRelease(GetCurrentTransactionId());
    return !conflict;
}

bool takes_part(Prepared *p, IndexInfo *index) {
    if (!index->ii_ReadyForInserts) return false;
    if (index->ii_Predicate == NIL) return true;
    if (index->ii_PredicateState == nullptr)
        index->ii_PredicateState = ExecPrepareQual(index->ii_Predicate, p->estate);
    return ExecQual(index->ii_PredicateState, GetPerTupleExprContext(p->estate));
}

bool is_keyed_by(const IndexInfo *index, const std::vector<NewValue> &values) {
    for (int i = 0; i < index->ii_NumIndexAttrs; i++)
        for (const NewValue &value : values)
            if (index->ii_IndexAttrNumbers[i] == 0 || index->ii_IndexAttrNumbers[i] == value.column)
                return true;
    return false;
}

// Of a row that was updated.  An index is told when its keys haven't changed: it then removes entries of old
// versions rather than growing.
void insert_changed_entries(Prepared *p, const std::vector<NewValue> &values, compat::ToTell which) {
    GetPerTupleExprContext(p->estate)->ecxt_scantuple = p->slot;
    for (int i = 0; i < p->info->ri_NumIndices; i++) {
        IndexInfo *index = p->info->ri_IndexRelationInfo[i];
        if (!compat::is_told(*index, which) || !takes_part(p, index)) continue;
        Datum keys[INDEX_MAX_KEYS];
        bool nulls[INDEX_MAX_KEYS];
        FormIndexDatum(index, p->slot, p->estate, keys, nulls);
        (void)index_insert(p->info->ri_IndexRelationDescs[i], keys, nulls, &p->slot->tts_tid,
                           p->info->ri_RelationDesc, index->ii_Unique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO,
                           !is_keyed_by(index, values), index);
    }
}

// A slot of its own: what an error leaves in it holds a buffer that is no longer ours.
bool read_version(Prepared *p, ItemPointer row, Datum *values, bool *nulls, TupleTableSlot *slot) {
    if (!table_tuple_fetch_row_version(p->info->ri_RelationDesc, row, SnapshotSelf, slot)) return false;
    slot_getallattrs(slot);
    int columns = slot->tts_tupleDescriptor->natts;
    memcpy(values, slot->tts_values, sizeof(Datum) * columns);
    memcpy(nulls, slot->tts_isnull, sizeof(bool) * columns);
    return true;
}

bool replace_version(Prepared *p, ItemPointer row, const std::vector<NewValue> &changes) {
    Relation relation = p->info->ri_RelationDesc;
    Datum values[MaxHeapAttributeNumber];
    bool nulls[MaxHeapAttributeNumber];
    TupleTableSlot *before =
        MakeSingleTupleTableSlot(p->slot->tts_tupleDescriptor, table_slot_callbacks(relation));
    bool found = read_version(p, row, values, nulls, before);
    for (const NewValue &change : changes) {
        values[change.column - 1] = change.value;
        nulls[change.column - 1] = change.null;
    }
    if (found) fill(p, values, nulls);
    ExecDropSingleTupleTableSlot(before);
    compat::ToTell indexes;
    if (!found || compat::update_tuple(relation, row, p->slot, &indexes) != TM_Ok) return false;
    if (indexes != compat::ToTell::none) insert_changed_entries(p, changes, indexes);
    return true;
}

}  // namespace

void insert_row(Oid relation, const Datum *values, const bool *nulls) {
    pg_call([&] {
        Prepared *p = open_table(relation);
        fill(p, values, nulls);
        table_tuple_insert(p->info->ri_RelationDesc, p->slot, GetCurrentCommandId(true), 0, nullptr);
        (void)compat::insert_index_tuples(p->info, p->slot, p->estate, false, nullptr, NIL);
        close_table(p);
    });
}

bool insert_unless_conflict(Oid relation, Oid arbiter, const Datum *values, const bool *nulls) {
    return pg_call([&] {
        Prepared *p = open_table(relation);
        fill(p, values, nulls);
        List *arbiters = list_make1_oid(arbiter);
        ItemPointerData conflict;
        bool inserted = false;
        while (!inserted) {
            CHECK_FOR_INTERRUPTS();
            if (!compat::check_index_constraints(p->info, p->slot, p->estate, &conflict, arbiters)) break;
            inserted = insert_speculatively(p, arbiters);
        }
        close_table(p);
        return inserted;
    });
}

bool change_row(Oid relation, ItemPointer row, const std::vector<NewValue> &values) {
    return pg_call([&] {
        Prepared *p = open_table(relation);
        bool changed = replace_version(p, row, values);
        close_table(p);
        return changed;
    });
}

KeepOpen::KeepOpen(Oid relation) : exceptions_(std::uncaught_exceptions()) {
    table_ = pg_call([&] {
        Prepared *p = open_table(relation);
        p->users++;
        return p;
    });
}

// After an error what is open is left to the subtransaction's abort.
KeepOpen::~KeepOpen() noexcept(false) {
    table_->users--;
    if (std::uncaught_exceptions() == exceptions_) pg_call([&] { close_table(table_); });
}

}  // namespace retry_ledger::pg
