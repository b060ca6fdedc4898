// What every birth is held to, of runs and of files.
#pragma once

#include "guard/row.hpp"

namespace retry_ledger::guard {

// The row with attempt and is_retry as they must be, whatever its writer said.
HeapTuple with_lineage(const govern::Governed &table, const Row &row, int attempt);

// `constraint`: retry_ledger_birth or retry_ledger_lineage.
[[noreturn]] void refuse_birth(const govern::Governed &table, const Row &row, const char *constraint,
                               const std::string &what, const std::string &hint);

void check_status(const govern::Governed &table, const Row &row);
void check_lineage(const govern::Governed &table, const Row &row, int attempt);
// `whose`: "the run that it retries".
void check_tenant(const govern::Governed &table, const Row &row, const std::optional<std::string> &tenant,
                  const char *whose);

// Keeps the key unique where no index of the table does.
void record_key(const pg::Home &home, const govern::Governed &table, const std::string &key);

}  // namespace retry_ledger::guard
