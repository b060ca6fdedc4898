#include "files/file_count.hpp"

namespace retry_ledger::files {

namespace {

constexpr int columns = 9;  // of file_count: table, key, counter, and the counts in the order of FileCount
constexpr int counts_at = 3;
constexpr int summed_up = -1;          // the counter of a run that has ended
constexpr int next_counter = 1 << 20;  // more than a server has processes

// The rows of a run, or one of its counters.  Everything is within a pg_call.
struct Scan {
    Relation table, index;
    SysScanDesc scan;
    ScanKeyData keys[3];
};

void open_scan(Scan &s, Oid table, Oid index, LOCKMODE lock, Datum run_table, Datum run_key,
               const int *counter, Snapshot snapshot) {
    s.table = table_open(table, lock);
    s.index = index_open(index, lock);
    ScanKeyEntryInitialize(&s.keys[0], 0, 1, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
                           run_table);
    ScanKeyEntryInitialize(&s.keys[1], 0, 2, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
                           run_key);
    if (counter != nullptr)
        ScanKeyInit(&s.keys[2], 3, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(*counter));
    s.scan = systable_beginscan_ordered(s.table, s.index, snapshot, counter != nullptr ? 3 : 2, s.keys);
}

void close_scan(Scan &s) {
    systable_endscan_ordered(s.scan);
    index_close(s.index, NoLock);
    table_close(s.table, NoLock);
}

HeapTuple next_row(Scan &s) {
    return systable_getnext_ordered(s.scan, ForwardScanDirection);
}

FileCount count_of(HeapTuple tuple, TupleDesc descriptor, int *counter) {
    Datum values[columns];
    bool nulls[columns];
    heap_deform_tuple(tuple, descriptor, values, nulls);
    FileCount row;
    int *counts[] = {&row.files, &row.completed,      &row.failed,
                     &row.error, &row.retried_failed, &row.retried_pending};
    for (int i = 0; i < columns - counts_at; i++) *counts[i] = DatumGetInt32(values[counts_at + i]);
    row.rows = 1;
    *counter = DatumGetInt32(values[counts_at - 1]);
    return row;
}

void add_up(FileCount &sum, const FileCount &other) {
    sum.files += other.files;
    sum.completed += other.completed;
    sum.failed += other.failed;
    sum.error += other.error;
    sum.retried_failed += other.retried_failed;
    sum.retried_pending += other.retried_pending;
    sum.rows += other.rows;
}

void fill(Datum *values, Datum run_table, Datum run_key, int counter, const FileCount &count) {
    Datum all[columns] = {run_table,
                          run_key,
                          Int32GetDatum(counter),
                          Int32GetDatum(count.files),
                          Int32GetDatum(count.completed),
                          Int32GetDatum(count.failed),
                          Int32GetDatum(count.error),
                          Int32GetDatum(count.retried_failed),
                          Int32GetDatum(count.retried_pending)};
    memcpy(values, all, sizeof all);
}

enum class Added { yes, no_row, taken };

// Adds to the row of this counter, unless there is none, or a prepared transaction of a process that had the
// same number holds it.
Added add_to_counter(Oid table, Oid index, Datum run_table, Datum run_key, int counter,
                     const FileCount &change) {
    SnapshotData dirty = {};
    InitDirtySnapshot(dirty);
    Scan s;
    open_scan(s, table, index, RowExclusiveLock, run_table, run_key, &counter, &dirty);
    HeapTuple row = next_row(s);
    Added added = Added::yes;
    if (TransactionIdIsValid(dirty.xmin) || TransactionIdIsValid(dirty.xmax)) {
        added = Added::taken;
    } else if (!HeapTupleIsValid(row)) {
        added = Added::no_row;
    } else {
        FileCount sum = change;
        add_up(sum, count_of(row, RelationGetDescr(s.table), &counter));
        Datum values[columns];
        bool nulls[columns] = {};
        fill(values, run_table, run_key, counter, sum);
        pg::update_row(s.table, row, values, nulls);
    }
    close_scan(s);
    return added;
}

// The versions of one counter's row, which a transaction in progress may just be replacing: they are seen as
// it was and as it will be, in any order and whichever of them turns out to be true.
struct Counter {
    int number;
    bool certain = false;  // one of them is there for good, so the row is
    int versions = 0, files = 0, ended = 0;

    void see(const FileCount &count, bool in_doubt) {
        files = versions++ == 0 ? count.files : Min(files, count.files);
        ended = Max(ended, count.ended());
        certain = certain || !in_doubt;
    }
    int fewest_open() const { return (certain ? files : Min(files, 0)) - ended; }
};

}  // namespace

void add_count(const pg::Home &home, RunName run, const FileCount &change) {
    Oid table = pg::own_relation(home, "file_count"), index = pg::own_relation(home, "file_count_pkey");
    Datum run_table = pg::text_datum(run.table), run_key = pg::text_datum(run.key);
    int counter = pg::compat::process_number();
    Added added = pg::pg_call([&] {
        CommandCounterIncrement();  // a row that this command has written can't be updated by it
        Added last;
        while ((last = add_to_counter(table, index, run_table, run_key, counter, change)) == Added::taken)
            counter += next_counter;
        return last;
    });
    if (added == Added::yes) return;
    Datum values[columns];
    bool nulls[columns] = {};
    fill(values, run_table, run_key, counter, change);
    pg::insert_row(table, values, nulls);
}

FileCount count_files(const pg::Home &home, RunName run) {
    Oid table = pg::own_relation(home, "file_count"), index = pg::own_relation(home, "file_count_pkey");
    Datum run_table = pg::text_datum(run.table), run_key = pg::text_datum(run.key);
    return pg::pg_call([&] {
        FileCount sum;
        CommandCounterIncrement();
        Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
        Scan s;
        int counter;
        open_scan(s, table, index, AccessShareLock, run_table, run_key, nullptr, snapshot);
        for (HeapTuple row = next_row(s); HeapTupleIsValid(row); row = next_row(s))
            add_up(sum, count_of(row, RelationGetDescr(s.table), &counter));
        close_scan(s);
        UnregisterSnapshot(snapshot);
        return sum;
    });
}

// Versions of a row follow each other in the order of the index.
int fewest_open(const pg::Home &home, RunName run) {
    Oid table = pg::own_relation(home, "file_count"), index = pg::own_relation(home, "file_count_pkey");
    Datum run_table = pg::text_datum(run.table), run_key = pg::text_datum(run.key);
    return pg::pg_call([&] {
        SnapshotData dirty = {};
        InitDirtySnapshot(dirty);
        Scan s;
        open_scan(s, table, index, AccessShareLock, run_table, run_key, nullptr, &dirty);
        int open = 0;
        Counter counter = {summed_up - 1};
        for (HeapTuple row = next_row(s); HeapTupleIsValid(row); row = next_row(s)) {
            int number;
            FileCount count = count_of(row, RelationGetDescr(s.table), &number);
            if (number != counter.number) {
                open += counter.fewest_open();
                counter = {number};
            }
            counter.see(count, TransactionIdIsValid(dirty.xmin));
        }
        close_scan(s);
        return open + counter.fewest_open();
    });
}

void sum_up(const pg::Home &home, RunName run) {
    pg::pg_call([] { CommandCounterIncrement(); });
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::write_latest(
        core::format(
            "WITH gone AS (DELETE FROM {0}.file_count WHERE run_table = $1 AND run_key = $2 RETURNING *)"
            " INSERT INTO {0}.file_count SELECT $1, $2, {1}, sum(files), sum(completed), sum(failed),"
            " sum(error), sum(retried_failed), sum(retried_pending) FROM gone HAVING count(*) > 0",
            pg::schema_name(home), summed_up),
        {pg::text_param(run.table), pg::text_param(run.key)});
}

}  // namespace retry_ledger::files
