// What every birth is held to, of runs and of files.
#pragma once

#include "guard/row.hpp"

namespace retry_ledger::guard {

// The row with attempt and is_retry as they must be, whatever its writer said.
HeapTuple with_lineage(const govern::Governed &table, const Row &row, int attempt);

// `constraint`: retry_ledger_birth or retry_ledger_lineage.
[[noreturn]] void refuse_birth(const govern::Governed &table, const Row &row, const char *constraint,
                               const std::string &what, const std::string &hint);

// Files are settled statement by statement, and what a subscription brings is none: no file comes or changes
// by one whose rows aren't taken as found.
void refuse_applied_file(const govern::Governed &table);

void check_status(const govern::Governed &table, const Row &row);
void check_lineage(const govern::Governed &table, const Row &row, int attempt);
// `whose`: "the run that it retries".
void check_tenant(const govern::Governed &table, const Row &row, const std::optional<std::string> &tenant,
                  const char *whose);

// The value of any column, as its type writes it.
std::optional<std::string> column_text(const Row &row, const std::string &name);

// Whether the policy has a say in columns of a retry.
inline bool binds_columns(const core::Policy &policy) {
    return policy.profile_column || policy.price_column || policy.max_attempts_column;
}

// While a retry lives, the columns that the policy binds change no further than they could be chosen: a limit
// and a price not at all, unless the policy lets them be set, and a profile to one that is allowed.
void check_bound_columns(const govern::Governed &table, const Row &before, const Row &after);

// Keeps the key unique where no index of the table does, and that of a row that is gone from being another
// one's.
void check_key(const pg::Home &home, const govern::Governed &table, const Row &row);

}  // namespace retry_ledger::guard
