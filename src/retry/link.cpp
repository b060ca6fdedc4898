#include "retry/link.hpp"

namespace retry_ledger::retry {

namespace {

// Columns of the table retry.
constexpr AttrNumber run_table_column = 2, parent_column = 4, retry_column = 5, attempt_column = 6,
                     retried_at_column = 11, policy_hash_column = 13, voided_at_column = 16;

struct Found {
    Datum retry_key;
    int attempt;
    TimestampTz retried_at;
    bool is_void, from_before;
};

// Within a pg_call.
Found read(HeapTuple tuple, TupleDesc descriptor) {
    bool null;
    Found found;
    found.retry_key = datumCopy(heap_getattr(tuple, retry_column, descriptor, &null), false, -1);
    found.attempt = DatumGetInt32(heap_getattr(tuple, attempt_column, descriptor, &null));
    found.retried_at = DatumGetTimestampTz(heap_getattr(tuple, retried_at_column, descriptor, &null));
    found.is_void = !heap_attisnull(tuple, voided_at_column, descriptor);
    found.from_before = heap_attisnull(tuple, policy_hash_column, descriptor);
    return found;
}

}  // namespace

std::optional<Link> find_link(const pg::Home &home, const govern::Governed &table, LinkBy by,
                              const std::string &key_text) {
    bool by_parent = by == LinkBy::live_parent;
    Oid relation = pg::own_relation(home, "retry");
    Oid index = pg::own_relation(home, by_parent ? "retry_live" : "retry_child");
    Datum table_name = pg::text_datum(table.table_name.view()), key = pg::text_datum(key_text);
    Found found = pg::pg_call([&] {
        Relation retries = table_open(relation, AccessShareLock);
        Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
        ScanKeyData keys[2];
        ScanKeyEntryInitialize(&keys[0], 0, run_table_column, BTEqualStrategyNumber, InvalidOid,
                               C_COLLATION_OID, F_TEXTEQ, table_name);
        ScanKeyEntryInitialize(&keys[1], 0, by_parent ? parent_column : retry_column, BTEqualStrategyNumber,
                               InvalidOid, C_COLLATION_OID, F_TEXTEQ, key);
        SysScanDesc scan = systable_beginscan(retries, index, true, snapshot, 2, keys);
        HeapTuple tuple = systable_getnext(scan);
        Found result = {};
        if (HeapTupleIsValid(tuple)) result = read(tuple, RelationGetDescr(retries));
        systable_endscan(scan);
        UnregisterSnapshot(snapshot);
        table_close(retries, AccessShareLock);
        return result;
    });
    if (found.retry_key == 0) return std::nullopt;
    return Link{std::string(pg::varlena_view(found.retry_key)), found.attempt, found.retried_at,
                found.is_void, found.from_before};
}

}  // namespace retry_ledger::retry
