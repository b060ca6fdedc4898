// What a column's name says about its role in a run table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace retry_ledger::core {

// ASCII only: names and statuses that have a meaning by convention are ASCII.
std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);

// createdAt, CreatedAt, CREATED_AT: created_at.
std::string snake_case(std::string_view name);
std::string camel_case(std::string_view snake_case);  // createdAt

// The columns that the extension knows.  In the order of govern_runs' arguments; the last two are of files.
enum class Role { key, status, tenant, parent, attempt, is_retry, error, reason, run, index };
constexpr int role_count = 10;
constexpr Role roles[] = {Role::key,      Role::status, Role::tenant, Role::parent, Role::attempt,
                          Role::is_retry, Role::error,  Role::reason, Role::run,    Role::index};

const char *argument_name(Role role);  // id_column, status_column, …

// Whose rows a table has: runs, or the files of runs.
enum class RowsOf { runs, files };
bool has_role(RowsOf rows, Role role);

// The names under which a role's column is found, written in snake_case or as camelCase.  For the key the
// first that exists counts; for every other role two of them in one table are ambiguous.
std::vector<std::string> conventional_names(RowsOf rows, Role role);

// What the first attempt says in a column of this name: a count of retries starts at 0.
int attempt_base(std::string_view column);

// Whether a column by this name says what came of a run, rather than what was asked of it.
bool says_outcome(std::string_view name, bool is_time);

// Whether a time by this name was asked for: scheduled_at, expires_at.
bool says_planned_time(std::string_view name);

// Whether a time by this name is set at birth and never again: fit to partition by.
bool says_birth_time(std::string_view name);

}  // namespace retry_ledger::core
