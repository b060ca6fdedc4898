// refusal_queue_status: what waits, what was written and what was lost.
#include "refusal/queue.hpp"

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(refusal_queue_status) {
    return pg::entry([&]() -> Datum {
        refusal::Counts counts = refusal::counts();
        Datum values[] = {Int32GetDatum(counts.queue_size), Int32GetDatum(counts.waiting),
                          Int64GetDatum(counts.written),    Int64GetDatum(counts.dropped),
                          Int64GetDatum(counts.discarded),  TimestampTzGetDatum(counts.oldest.value_or(0))};
        bool nulls[] = {false, false, false, false, false, !counts.oldest};
        return pg::pg_call([&] {
            TupleDesc descriptor;
            if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE)
                elog(ERROR, "refusal_queue_status must return a row");
            return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
        });
    });
}
