#include "pg/own_table.hpp"

namespace retry_ledger::pg {

namespace {

// Each trigger that fires asks where we live: looked up once for each function, and again when any function
// has changed.
struct KnownHome {
    Oid function;
    Home home;
};
HTAB *known_homes = nullptr;
bool homes_changed = false;

// Flips a flag only.
void function_changed(Datum, int, uint32) noexcept {
    homes_changed = true;
}

// What follows runs within a pg_call.

void forget_changed_homes() {
    static bool watching = false;
    if (!watching) CacheRegisterSyscacheCallback(PROCOID, function_changed, Datum(0));
    watching = true;
    if (known_homes != nullptr && !homes_changed) return;
    if (known_homes != nullptr) hash_destroy(std::exchange(known_homes, nullptr));
    homes_changed = false;
    HASHCTL control = {};
    control.keysize = sizeof(Oid);
    control.entrysize = sizeof(KnownHome);
    control.hcxt = TopMemoryContext;
    known_homes = hash_create("retry_ledger functions", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

Oid find_extension_schema() {
    Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
                CStringGetDatum("retry_ledger"));
    SysScanDesc scan = systable_beginscan(extensions, ExtensionNameIndexId, true, nullptr, 1, &key);
    HeapTuple tuple = systable_getnext(scan);
    const Oid schema = HeapTupleIsValid(tuple)
                           ? reinterpret_cast<Form_pg_extension>(GETSTRUCT(tuple))->extnamespace
                           : InvalidOid;
    systable_endscan(scan);
    table_close(extensions, AccessShareLock);
    return schema;
}

// A superuser can declare functions of our library anywhere; they would find tables of his own instead of
// ours, and what is found there be kept for the guards.
Home look_home_up(Oid function) {
    HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
    if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for function %u", function);
    auto *form = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
    const Home home = {form->pronamespace, form->proowner};
    ReleaseSysCache(tuple);
    if (home.schema != find_extension_schema())
        ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                errmsg("function %s isn't in the schema of the extension retry_ledger",
                       format_procedure(function)),
                errhint("Functions of its library work where CREATE EXTENSION has made them."));
    return home;
}

}  // namespace

Oid extension_schema() {
    return pg_call([] { return find_extension_schema(); });
}

Home home_of(Oid function) {
    return pg_call([&] {
        forget_changed_homes();
        if (auto *known = static_cast<KnownHome *>(hash_search(known_homes, &function, HASH_FIND, nullptr)))
            return known->home;
        const Home home = look_home_up(function);
        static_cast<KnownHome *>(hash_search(known_homes, &function, HASH_ENTER, nullptr))->home = home;
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

// As PostgreSQL updates its catalogs: its indexes have neither expressions nor predicates.
void update_row(Relation relation, HeapTuple row, Datum *values, bool *nulls) {
    HeapTuple changed = heap_form_tuple(RelationGetDescr(relation), values, nulls);
    CatalogTupleUpdate(relation, &row->t_self, changed);
    heap_freetuple(changed);
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

namespace {

// Random bytes are got for many at a time: most of what one call costs doesn't depend on how many it brings.
constexpr int random_at_once = 64 * UUID_LEN;
unsigned char random_bytes[random_at_once];
int random_left = 0;

// Within a pg_call.  None is given out twice.
void take_random(unsigned char *bytes, int count) {
    if (random_left < count) {
        random_left = 0;
        if (!pg_strong_random(random_bytes, random_at_once)) elog(ERROR, "could not generate random bits");
        random_left = random_at_once;
    }
    random_left -= count;
    memcpy(bytes, random_bytes + random_left, count);
    explicit_bzero(random_bytes + random_left, count);
}

}  // namespace

Datum new_uuid() {
    return pg_call([] {
        auto *uuid = static_cast<pg_uuid_t *>(palloc(UUID_LEN));
        take_random(uuid->data, UUID_LEN);
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
