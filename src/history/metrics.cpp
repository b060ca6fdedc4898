#include "history/metrics.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/histogram.hpp"
#include "core/names.hpp"
#include "pg/text.hpp"

namespace retry_ledger::history {

namespace {

constexpr const char *no_label = "";

// Which series a row counts for; `bound` is that of a duration's bucket, 0 where nothing lasted.
using Series = std::tuple<std::string, std::string, std::string, double>;
struct Sum {
    int64 count = 0, duration_us = 0;
};
using Sums = std::map<Series, Sum>;

// ---- rows of metric_delta, in its columns' order ----

constexpr int columns = 6;

void insert_delta(Oid deltas, const Series &series, const Sum &sum) {
    const auto &[run_table, metric, label, bound] = series;
    Datum values[columns] = {pg::text_datum(run_table), pg::text_datum(metric),
                             pg::text_datum(label),     Float8GetDatum(bound),
                             Int64GetDatum(sum.count),  Int64GetDatum(sum.duration_us)};
    bool nulls[columns] = {};
    pg::insert_row(deltas, values, nulls);
}

Series series_of(const Datum *values) {
    auto text = [&](int column) { return std::string(pg::varlena_view(values[column])); };
    return {text(0), text(1), text(2), DatumGetFloat8(values[3])};
}

// ---- folding ----

// Rows of other transactions that have committed.  SnapshotSelf: what has committed by now, row by row,
// whatever the isolation level, and without predicate locks: folding makes no transaction fail.
class CommittedDeltas {
public:
    explicit CommittedDeltas(Oid deltas) {
        relation_ = pg::pg_call([&] { return table_open(deltas, RowExclusiveLock); });
        scan_ = pg::pg_call([&] { return table_beginscan(relation_, SnapshotSelf, 0, nullptr); });
        slot_ = pg::pg_call([&] { return table_slot_create(relation_, nullptr); });
    }
    CommittedDeltas(const CommittedDeltas &) = delete;

    // After an error all of it is left to the abort.
    void close() {
        pg::pg_call([&] {
            ExecDropSingleTupleTableSlot(slot_);
            table_endscan(scan_);
            table_close(relation_, NoLock);
        });
    }

    // The columns of the next row; nullptr if there is none.
    const Datum *next() {
        return pg::pg_call([&]() -> const Datum * {
            while (table_scan_getnextslot(scan_, ForwardScanDirection, slot_)) {
                CHECK_FOR_INTERRUPTS();
                if (is_our_own()) continue;
                slot_getallattrs(slot_);
                return slot_->tts_values;
            }
            return nullptr;
        });
    }

    // Removes the row that next() returned.  False if somebody else has: then it isn't ours to add.
    bool take() {
        return pg::pg_call([&] {
            TM_FailureData failure;
            return table_tuple_delete(relation_, &slot_->tts_tid, GetCurrentCommandId(true), SnapshotSelf,
                                      InvalidSnapshot, false, &failure, false) == TM_Ok;
        });
    }

private:
    bool is_our_own() {
        bool null;
        Datum xmin = slot_getsysattr(slot_, MinTransactionIdAttributeNumber, &null);
        return TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin));
    }

    Relation relation_;
    TableScanDesc scan_;
    TupleTableSlot *slot_;
};

// Bounds the time that it takes from whoever's turn it is; the rest is the next one's.
constexpr int64 most_rows = 10000;

// Adds up what has been committed: returns how many rows there were.  Nobody waits: if another transaction is
// at it (or VACUUM), there is nothing to do.
int64 fold(const pg::Home &home) {
    Oid deltas = pg::own_relation(home, "metric_delta");
    // Conflicts with itself and with no writer.  Held to the end of the transaction: the next one to fold
    // sees what we have done, or that we haven't.
    if (!pg::pg_call([&] { return ConditionalLockRelationOid(deltas, ShareUpdateExclusiveLock); })) return 0;
    Sums sums;
    int64 folded = 0;
    CommittedDeltas rows(deltas);
    for (const Datum *row = rows.next(); row != nullptr && folded < most_rows; row = rows.next()) {
        Series series = series_of(row);
        Sum delta = {DatumGetInt64(row[4]), DatumGetInt64(row[5])};
        if (!rows.take()) continue;
        Sum &sum = sums[std::move(series)];
        sum.count += delta.count;
        sum.duration_us += delta.duration_us;
        folded++;
    }
    rows.close();
    pg::KeepOpen keep(deltas);
    for (const auto &[series, sum] : sums) insert_delta(deltas, series, sum);
    return folded;
}

// How many facts a backend counts before it folds: more where the table is large (after a long transaction,
// whose snapshot keeps the rows that were folded away), since folding reads it all; never more than half of
// what one turn can fold.  The first time it is a random share of that, so that clients which connect for
// each fact take their turn as well.
constexpr uint64 least_facts = 1000, most_facts = most_rows / 2, facts_per_page = 50;

uint64 facts_until_next_turn(Oid deltas) {
    return pg::pg_call([&] {
        Relation relation = table_open(deltas, AccessShareLock);
        uint64 pages = RelationGetNumberOfBlocks(relation);
        table_close(relation, NoLock);
        return std::clamp(pages * facts_per_page, least_facts, most_facts);
    });
}

uint64 facts_left = 0;  // until this backend's turn
bool began = false;

bool is_our_turn(Oid deltas) {
    if (!began) facts_left = pg_prng_uint64_range(&pg_global_prng_state, 1, facts_until_next_turn(deltas));
    began = true;
    if (--facts_left > 0) return false;
    facts_left = facts_until_next_turn(deltas);
    return true;
}

void count(const pg::Home &home, const Series &series, const Sum &sum) {
    Oid deltas = pg::own_relation(home, "metric_delta");
    insert_delta(deltas, series, sum);
    if (is_our_turn(deltas)) (void)fold(home);
}

}  // namespace

void count_born(const pg::Home &home, std::string_view run_table) {
    count(home, {std::string(run_table), "attempts", no_label, 0}, {1, 0});
}

void count_void(const pg::Home &home, std::string_view run_table) {
    count(home, {std::string(run_table), "void", no_label, 0}, {1, 0});
}

void count_ended(const pg::Home &home, std::string_view run_table, const End &end) {
    int64 us = std::max<int64>(0, GetCurrentTimestamp() - end.began_at);  // clocks can be set back
    count(home, {std::string(run_table), end.helped ? "success" : "failure", end.status, core::bucket_of(us)},
          {1, us});
}

void count_refused(const pg::Home &home, const std::optional<std::string> &run_table, const std::string &code,
                   int64 count_of_them) {
    count(home, {run_table.value_or(""), "refusals", core::upper_case(code), 0}, {count_of_them, 0});
}

}  // namespace retry_ledger::history

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(fold_retry_metrics) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([] { PreventCommandIfReadOnly("fold_retry_metrics()"); });
        int64 folded = history::fold(pg::home_of(fcinfo->flinfo->fn_oid));
        return pg::pg_call([&] { return Int64GetDatum(folded); });
    });
}

RETRY_LEDGER_FUNCTION(retry_duration_bounds) {
    return pg::entry([&]() -> Datum {
        return pg::pg_call([&] {
            constexpr int count = sizeof core::duration_bounds / sizeof core::duration_bounds[0];
            Datum bounds[count];
            for (int i = 0; i < count; i++) bounds[i] = Float8GetDatum(core::duration_bounds[i]);
            return PointerGetDatum(
                construct_array(bounds, count, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
        });
    });
}
