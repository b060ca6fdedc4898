// Purging old partitions: what the steps share.
//
// A partition goes as a whole or not at all, so that what is left of a table is as complete as it was.  Its
// age is that of the runs' ends as the ledger recorded them, and no column says how old a run is: whoever
// writes the table could write an old date.  A run without an entry had ended when the table was adopted.
// What goes is counted, and digested as at adoption: a copy kept elsewhere can be proved to be that.
#pragma once

#include "govern/approval.hpp"

namespace retry_ledger::govern {

// For how long after their end runs of a table are kept.
struct Retention {
    std::string keep;         // an interval, ISO 8601
    int64 until = 0;          // runs that ended by then may go
    int64 adopted = 0;        // by when runs without an entry had ended
    MaybeText set_by, since;  // none: no retention was set
};

struct Purge {
    pg::Home home;
    std::string schema;
    TableShape root, partition;
    GovernedRef table;
    Retention retention;
};

struct PurgeFacts {
    int64 rows = 0, first_end = 0, last_end = 0;  // without rows there is neither
    std::string digest;
};

Retention read_retention(const pg::Home &home, const Governed &table);

// All rows of the partition, in one pass; refuses what may not go.  Where they go, their keys stay: what is
// recorded of them must not come to be told of others.
enum class Leave { rows, keys };
PurgeFacts look_at_partition(const Purge &purge, Leave leave);

}  // namespace retry_ledger::govern
