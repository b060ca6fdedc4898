// What a column's name says about its role in a run table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace retry_ledger::core {

// ASCII only: names and statuses that have a meaning by convention are ASCII.
std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);

// The columns of a run that the extension knows.  In the order of govern_runs' arguments.
enum class Role { key, status, tenant, parent, attempt, is_retry, error, reason };
constexpr int role_count = 8;
constexpr Role roles[] = {Role::key,     Role::status,   Role::tenant, Role::parent,
                          Role::attempt, Role::is_retry, Role::error,  Role::reason};

const char *argument_name(Role role);  // id_column, status_column, …

// The names under which a role's column is found.  For the key the first that exists counts; for every
// other role two of them in one table are ambiguous.
std::vector<std::string> conventional_names(Role role);

// Whether a column by this name says what came of a run, rather than what was asked of it.
bool says_outcome(std::string_view name, bool is_time);

// Whether a time by this name is set at birth and never again: fit to partition by.
bool says_birth_time(std::string_view name);

}  // namespace retry_ledger::core
