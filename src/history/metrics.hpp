// Counting what becomes of retries, for retry_metrics.
//
// A scrape must not read the history, which has no end.  So each fact that counts adds a row to metric_delta,
// in the transaction that makes it a fact: an insert without an index, which waits for nobody.  Now and then
// the one who inserts folds the rows that others have committed into one for each series, if nobody else is
// at it.  Every snapshot, on a standby too, sees each fact exactly once: as its own row or within a sum.
#pragma once

#include "pg/own_table.hpp"

namespace retry_ledger::history {

void count_born(const pg::Home &home, std::string_view run_table);

void count_void(const pg::Home &home, std::string_view run_table);

struct End {
    std::string status;
    bool helped;  // core::says_success
    TimestampTz began_at;
};
void count_ended(const pg::Home &home, std::string_view run_table, const End &end);

// Refusals that the ledger keeps, by token in any case.  Without a table: the call named none that exists.
void count_refused(const pg::Home &home, const std::optional<std::string> &run_table, const std::string &code,
                   int64 count = 1);

}  // namespace retry_ledger::history
