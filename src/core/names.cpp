#include "core/names.hpp"

#include <algorithm>
#include <iterator>

namespace retry_ledger::core {

namespace {

constexpr std::string_view birth_times[] = {"created_at",  "created",      "created_on",  "creation_time",
                                            "inserted_at", "submitted_at", "enqueued_at", "received_at"};

constexpr std::string_view outcome_times[] = {
    "started",       "finished",   "completed",  "ended",        "created",     "updated",
    "modified",      "start_time", "end_time",   "finish_time",  "stop_time",   "completion_time",
    "creation_time", "created_on", "updated_on", "started_on",   "finished_on", "completed_on",
    "ended_on",      "start_date", "end_date",   "locked_until", "leased_until"};

constexpr std::string_view outcome_names[] = {
    "result",     "results",     "output",      "outputs",  "output_data", "response",    "outcome",
    "conclusion", "state",       "progress",    "percent",  "exit_code",   "exit_status", "return_code",
    "log",        "logs",        "stdout",      "stderr",   "message",     "messages",    "cost",
    "tokens",     "provider_id", "dispatch_id", "pid",      "retry_count", "retries",     "attempts",
    "traceback",  "stack_trace", "stacktrace",  "exception"};

constexpr std::string_view outcome_beginnings[] = {
    "error_",    "failure_", "fail_",   "result_",    "output_", "log_",      "heartbeat",  "last_heartbeat",
    "progress_", "duration", "elapsed", "completed_", "failed_", "finished_", "processed_", "succeeded_",
    "skipped_",  "locked_",  "lock_",   "claimed_",   "lease_",  "leased_",   "exit_"};

constexpr std::string_view outcome_endings[] = {"_error",  "_errors",   "_failure",  "_result",
                                                "_output", "_duration", "_progress", "_elapsed",
                                                "_tokens", "_used",     "_response", "_traceback"};

template <size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool begins_with(std::string_view name, std::string_view beginning) {
    return name.substr(0, beginning.size()) == beginning;
}

bool ends_with(std::string_view name, std::string_view ending) {
    return name.size() >= ending.size() && name.substr(name.size() - ending.size()) == ending;
}

// createdAt → created_at: names of ORMs that write no underscores.
std::string snake_case(std::string_view name);

template <class F>
std::string map_ascii(std::string_view text, F &&map) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), map);
    return result;
}

}  // namespace

std::string lower_case(std::string_view text) {
    return map_ascii(text, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

std::string upper_case(std::string_view text) {
    return map_ascii(text, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

namespace {

std::string snake_case(std::string_view name) {
    auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    auto ends_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    std::string words;
    for (char c : name) {
        if (is_upper(c) && !words.empty() && ends_word(words.back())) words += '_';
        words += c;
    }
    return lower_case(words);
}

}  // namespace

const char *argument_name(Role role) {
    static constexpr const char *names[role_count] = {
        "id_column",       "status_column", "tenant_column", "parent_column", "attempt_column",
        "is_retry_column", "error_column",  "reason_column", "run_column",    "index_column"};
    return names[static_cast<int>(role)];
}

bool has_role(RowsOf rows, Role role) {
    if (rows == RowsOf::runs) return role != Role::run && role != Role::index;
    return role != Role::reason;
}

int attempt_base(std::string_view column) {
    return lower_case(column) == "retry_attempt" ? 0 : 1;
}

namespace {

// Where files are named otherwise than runs.
std::vector<std::string> names_in_files(Role role) {
    switch (role) {
        case Role::key:
            return {"id", "file_id", "uuid"};
        case Role::parent:
            return {"parent_file_id", "retry_of"};
        case Role::attempt:
            return {"attempt", "attempt_number", "retry_attempt"};
        case Role::run:
            return {"run_id", "workflow_run_id", "execution_id"};
        case Role::index:
            return {"file_index", "file_no", "position", "ordinal"};
        default:
            return {};
    }
}

}  // namespace

std::vector<std::string> conventional_names(RowsOf rows, Role role) {
    if (rows == RowsOf::files)
        if (std::vector<std::string> names = names_in_files(role); !names.empty()) return names;
    switch (role) {
        case Role::key:
            return {"id", "run_id", "uuid"};
        case Role::status:
            return {"status", "state", "conclusion"};
        case Role::tenant:
            return {"tenant_id", "tenant", "organization_id", "account_id"};
        case Role::parent:
            return {"parent_run_id", "retry_of"};
        case Role::attempt:
            return {"attempt", "attempt_number"};
        case Role::is_retry:
            return {"is_retry"};
        case Role::error:
            return {"error", "error_message", "original_error"};
        default:
            return {"retry_reason"};
    }
}

bool says_outcome(std::string_view name, bool is_time) {
    std::string lower = snake_case(name);
    if (lower == "error" || lower == "errors") return true;
    if (is_time && (ends_with(lower, "_at") || is_one_of(outcome_times, lower))) return true;
    if (is_one_of(outcome_names, lower)) return true;
    for (std::string_view beginning : outcome_beginnings)
        if (begins_with(lower, beginning)) return true;
    for (std::string_view ending : outcome_endings)
        if (ends_with(lower, ending)) return true;
    return false;
}

bool says_birth_time(std::string_view name) {
    return is_one_of(birth_times, snake_case(name));
}

}  // namespace retry_ledger::core
