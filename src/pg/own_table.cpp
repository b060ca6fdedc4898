#include "pg/own_table.hpp"

namespace retry_ledger::pg {

Home home_of(Oid function) {
    return pg_call([&] {
        HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
        if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for function %u", function);
        auto *form = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
        Home home = {form->pronamespace, form->proowner};
        ReleaseSysCache(tuple);
        return home;
    });
}

std::string schema_name(const Home &home) {
    return pg_call([&] { return quote_identifier(get_namespace_name(home.schema)); });
}

Oid own_relation(const Home &home, const char *name) {
    Oid relation = pg_call([&] { return get_relname_relid(name, home.schema); });
    if (!OidIsValid(relation))
        throw Error{ERRCODE_UNDEFINED_TABLE,
                    core::format("retry_ledger's own relation \"{}\" is missing", name), "",
                    "The extension is damaged: restore it from a backup, or drop and create it again."};
    return relation;
}

namespace {

// What inserting needs, opened and closed within one pg_call.
struct Target {
    Relation relation;
    EState *estate;
    ResultRelInfo *info;
    TupleTableSlot *slot;
};

Target open_target(Oid relid, bool speculative) {
    Target t;
    t.relation = table_open(relid, RowExclusiveLock);
    t.estate = CreateExecutorState();
    t.info = makeNode(ResultRelInfo);
    InitResultRelInfo(t.info, t.relation, 0, nullptr, 0);
    ExecOpenIndices(t.info, speculative);
    t.slot = MakeSingleTupleTableSlot(RelationGetDescr(t.relation), table_slot_callbacks(t.relation));
    return t;
}

void fill(const Target &t, const Datum *values, const bool *nulls) {
    ResetPerTupleExprContext(t.estate);
    ExecClearTuple(t.slot);
    int columns = RelationGetDescr(t.relation)->natts;
    memcpy(t.slot->tts_values, values, sizeof(Datum) * columns);
    memcpy(t.slot->tts_isnull, nulls, sizeof(bool) * columns);
    ExecStoreVirtualTuple(t.slot);
    // The heap fills in the tuple's location: a slot of its own kind has a place for it.
    ExecMaterializeSlot(t.slot);
}

void close_target(const Target &t) {
    ExecDropSingleTupleTableSlot(t.slot);
    ExecCloseIndices(t.info);
    FreeExecutorState(t.estate);
    table_close(t.relation, NoLock);
}

}  // namespace

struct KeepOpen::Table {
    Oid relation;
    For use;
    Target target;
    MemoryContext context;
    Table *next;
};

namespace {

KeepOpen::Table *kept_open = nullptr;  // those of the scopes that we are in

// Within a pg_call.  `opened`: to be closed by the caller.
Target target_for(Oid relation, KeepOpen::For use, bool *opened) {
    *opened = false;
    for (KeepOpen::Table *table = kept_open; table != nullptr; table = table->next)
        if (table->relation == relation && table->use == use) return table->target;
    *opened = true;
    return open_target(relation, use == KeepOpen::For::insert_unless_conflict);
}

// One try: false if it met a conflict that appeared between the look and the insert.
bool insert_speculatively(const Target &t, List *arbiters) {
    uint32 token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
    bool conflict = false;
    table_tuple_insert_speculative(t.relation, t.slot, GetCurrentCommandId(true), 0, nullptr, token);
    (void)compat::insert_index_tuples(t.info, t.slot, t.estate, true, &conflict, arbiters);
    table_tuple_complete_speculative(t.relation, t.slot, token, !conflict);
    SpeculativeInsertionLockRelease(GetCurrentTransactionId());
    return !conflict;
}

}  // namespace

void insert_row(Oid relation, const Datum *values, const bool *nulls) {
    pg_call([&] {
        bool opened;
        Target t = target_for(relation, KeepOpen::For::insert_row, &opened);
        fill(t, values, nulls);
        table_tuple_insert(t.relation, t.slot, GetCurrentCommandId(true), 0, nullptr);
        (void)compat::insert_index_tuples(t.info, t.slot, t.estate, false, nullptr, NIL);
        if (opened) close_target(t);
    });
}

// As PostgreSQL updates its catalogs: its indexes have neither expressions nor predicates.
void update_row(Relation relation, HeapTuple row, Datum *values, bool *nulls) {
    HeapTuple changed = heap_form_tuple(RelationGetDescr(relation), values, nulls);
    CatalogTupleUpdate(relation, &row->t_self, changed);
    heap_freetuple(changed);
}

bool insert_unless_conflict(Oid relation, Oid arbiter, const Datum *values, const bool *nulls) {
    return pg_call([&] {
        bool opened;
        Target t = target_for(relation, KeepOpen::For::insert_unless_conflict, &opened);
        fill(t, values, nulls);
        List *arbiters = list_make1_oid(arbiter);
        ItemPointerData conflict;
        bool inserted = false;
        while (!inserted) {
            CHECK_FOR_INTERRUPTS();
            if (!compat::check_index_constraints(t.info, t.slot, t.estate, &conflict, arbiters)) break;
            inserted = insert_speculatively(t, arbiters);
        }
        if (opened) close_target(t);
        return inserted;
    });
}

namespace {

// Within a pg_call.
OwnRow copy_of(HeapTuple tuple, TupleDesc descriptor) {
    OwnRow row;
    row.values = static_cast<Datum *>(palloc(sizeof(Datum) * descriptor->natts));
    row.nulls = static_cast<bool *>(palloc(sizeof(bool) * descriptor->natts));
    heap_deform_tuple(heap_copytuple(tuple), descriptor, row.values, row.nulls);
    return row;
}

}  // namespace

OwnRow find_row(Oid relid, Oid index, const std::string &first, const std::string &second) {
    return pg_call([&] {
        Relation relation = table_open(relid, AccessShareLock);
        Relation index_relation = index_open(index, AccessShareLock);
        Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
        ScanKeyData keys[2];
        const std::string *values[] = {&first, &second};
        for (int i = 0; i < 2; i++)
            ScanKeyEntryInitialize(&keys[i], 0, index_relation->rd_index->indkey.values[i],
                                   BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
                                   PointerGetDatum(cstring_to_text_with_len(
                                       values[i]->data(), static_cast<int>(values[i]->size()))));
        SysScanDesc scan = systable_beginscan(relation, index, true, snapshot, 2, keys);
        HeapTuple tuple = systable_getnext(scan);
        OwnRow row;
        if (HeapTupleIsValid(tuple)) row = copy_of(tuple, RelationGetDescr(relation));
        systable_endscan(scan);
        UnregisterSnapshot(snapshot);
        index_close(index_relation, AccessShareLock);
        table_close(relation, AccessShareLock);
        return row;
    });
}

KeepOpen::KeepOpen(Oid relation, For use) : exceptions_(std::uncaught_exceptions()) {
    table_ = pg_call([&] {
        MemoryContext context =
            AllocSetContextCreate(CurrentMemoryContext, "retry_ledger open table", ALLOCSET_SMALL_SIZES);
        MemoryContext before = MemoryContextSwitchTo(context);
        auto *table = static_cast<Table *>(palloc(sizeof(Table)));
        *table = {relation, use, open_target(relation, use == For::insert_unless_conflict), context,
                  kept_open};
        MemoryContextSwitchTo(before);
        return table;
    });
    kept_open = table_;
}

// After an error what is open is left to the subtransaction's abort.
KeepOpen::~KeepOpen() {
    kept_open = table_->next;
    if (std::uncaught_exceptions() != exceptions_) return;
    close_target(table_->target);
    MemoryContextDelete(table_->context);
}

Datum new_uuid() {
    return pg_call([] {
        auto *uuid = static_cast<pg_uuid_t *>(palloc(UUID_LEN));
        if (!pg_strong_random(uuid->data, UUID_LEN)) elog(ERROR, "could not generate random bits");
        // PostgreSQL counts microseconds from 2000-01-01.  The 12 bits after the milliseconds hold their
        // fraction (RFC 9562, 6.2, method 3), so that rows of one backend sort as they were made.
        uint64 us = static_cast<uint64>(GetCurrentTimestamp()) + UINT64CONST(946684800000000);
        uint64 ms = us / 1000, fraction = us % 1000 * 4096 / 1000;
        for (int i = 0; i < 6; i++) uuid->data[i] = static_cast<unsigned char>(ms >> (40 - 8 * i));
        uuid->data[6] = static_cast<unsigned char>(0x70 | fraction >> 8);
        uuid->data[7] = static_cast<unsigned char>(fraction);
        uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
        return UUIDPGetDatum(uuid);
    });
}

Datum sha256(const std::string &bytes) {
    return pg_call([&] {
        auto *result = static_cast<bytea *>(palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH));
        SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
        pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);
        if (context == nullptr || pg_cryptohash_init(context) < 0 ||
            pg_cryptohash_update(context, reinterpret_cast<const uint8 *>(bytes.data()), bytes.size()) < 0 ||
            pg_cryptohash_final(context, reinterpret_cast<uint8 *>(VARDATA(result)),
                                PG_SHA256_DIGEST_LENGTH) < 0)
            elog(ERROR, "could not compute SHA-256");
        pg_cryptohash_free(context);
        return PointerGetDatum(result);
    });
}

}  // namespace retry_ledger::pg
