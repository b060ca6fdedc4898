#include "files/file_count.hpp"

namespace retry_ledger::files {

namespace {

constexpr int columns = 8;  // of file_count: table, key, and the six counts in the order of FileCount

// Within a pg_call.
void add_row(HeapTuple tuple, TupleDesc descriptor, FileCount &sum) {
    Datum values[columns];
    bool nulls[columns];
    heap_deform_tuple(tuple, descriptor, values, nulls);
    int *counts[] = {&sum.files, &sum.completed,      &sum.failed,
                     &sum.error, &sum.retried_failed, &sum.retried_pending};
    for (int i = 0; i < 6; i++) *counts[i] += DatumGetInt32(values[2 + i]);
    sum.rows++;
}

}  // namespace

void FileCount::add(const FileCount &other) {
    files += other.files;
    completed += other.completed;
    failed += other.failed;
    error += other.error;
    retried_failed += other.retried_failed;
    retried_pending += other.retried_pending;
}

void add_count(const pg::Home &home, RunName run, const FileCount &change) {
    Datum values[columns] = {pg::text_datum(run.table),
                             pg::text_datum(run.key),
                             Int32GetDatum(change.files),
                             Int32GetDatum(change.completed),
                             Int32GetDatum(change.failed),
                             Int32GetDatum(change.error),
                             Int32GetDatum(change.retried_failed),
                             Int32GetDatum(change.retried_pending)};
    bool nulls[columns] = {};
    pg::insert_row(pg::own_relation(home, "file_count"), values, nulls);
}

FileCount count_files(const pg::Home &home, RunName run, Count what) {
    Oid relation = pg::own_relation(home, "file_count"), index = pg::own_relation(home, "file_count_run");
    Datum table = pg::text_datum(run.table), key = pg::text_datum(run.key);
    return pg::pg_call([&] {
        FileCount sum;
        Relation counts = table_open(relation, AccessShareLock);
        SnapshotData dirty;
        InitDirtySnapshot(dirty);
        Snapshot snapshot = what == Count::in_progress ? &dirty : RegisterSnapshot(GetLatestSnapshot());
        // Rows of our own current command count as well: a snapshot doesn't show them by itself.
        if (what == Count::committed) snapshot->curcid = GetCurrentCommandId(false) + 1;
        ScanKeyData keys[2];
        ScanKeyEntryInitialize(&keys[0], 0, 1, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
                               table);
        ScanKeyEntryInitialize(&keys[1], 0, 2, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
                               key);
        SysScanDesc scan = systable_beginscan(counts, index, true, snapshot, 2, keys);
        for (HeapTuple tuple = systable_getnext(scan); HeapTupleIsValid(tuple);
             tuple = systable_getnext(scan))
            add_row(tuple, RelationGetDescr(counts), sum);
        systable_endscan(scan);
        if (what == Count::committed) UnregisterSnapshot(snapshot);
        table_close(counts, AccessShareLock);
        return sum;
    });
}

void sum_up(const pg::Home &home, RunName run) {
    pg::pg_call([] { CommandCounterIncrement(); });
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::write_latest(
        core::format(
            "WITH gone AS (DELETE FROM {0}.file_count WHERE run_table = $1 AND run_key = $2 RETURNING *)"
            " INSERT INTO {0}.file_count SELECT $1, $2, sum(files), sum(completed), sum(failed), sum(error),"
            " sum(retried_failed), sum(retried_pending) FROM gone HAVING count(*) > 0",
            pg::schema_name(home)),
        {pg::text_param(run.table), pg::text_param(run.key)});
}

}  // namespace retry_ledger::files
