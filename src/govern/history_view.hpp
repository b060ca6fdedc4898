// Whether a table of runs has its view <table>_retry_history, and as governing made it.
#pragma once

#include "pg/own_table.hpp"

#include <string>

namespace retry_ledger::govern {

struct HistoryColumns {
    std::string key, status, error;  // error: empty if the table has none
};

// What is missing, in words of guard_status(); empty: nothing.  As the extension's owner, with SPI.
std::string history_view_gap(const pg::Home &home, Oid table, const HistoryColumns &columns);

}  // namespace retry_ledger::govern
