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
    "error",       "errors",     "result",      "results",  "output",   "outputs",     "response",
    "outcome",     "conclusion", "state",       "progress", "percent",  "return_code", "log",
    "logs",        "stdout",     "stderr",      "message",  "cost",     "tokens",      "provider_id",
    "dispatch_id", "pid",        "retry_count", "retries",  "attempts", "traceback",   "stack_trace",
    "stacktrace",  "exception",  "heartbeat",   "duration", "elapsed"};

constexpr std::string_view outcome_first_words[] = {
    "error",    "failure", "fail",      "result", "output",   "log",       "heartbeat", "progress",
    "duration", "elapsed", "completed", "failed", "finished", "processed", "succeeded", "skipped",
    "locked",   "lock",    "claimed",   "lease",  "leased",   "exit"};

constexpr std::string_view outcome_last_words[] = {"error",  "errors",   "failure",  "result",
                                                   "output", "duration", "progress", "elapsed",
                                                   "tokens", "used",     "response", "traceback"};

// max_tokens, expected_output, store_result: bounds, wishes and switches are asked for.
constexpr std::string_view asking_first_words[] = {
    "max",   "min",  "maximum",  "minimum", "limit",  "target",  "expected", "desired", "default", "allowed",
    "store", "save", "keep",     "return",  "cache",  "include", "send",     "stream",  "ignore",  "allow",
    "skip",  "stop", "continue", "notify",  "enable", "disable", "require",  "use"};

// output_bucket, completed_webhook: where it goes and how far it may go is asked for.
constexpr std::string_view asking_last_words[] = {
    "webhook", "callback", "bucket",    "format", "schema",  "template", "policy", "config",
    "options", "settings", "threshold", "limit",  "timeout", "interval", "ttl",    "fast"};

// log_level, output_type, but not error_level, which came of it.
constexpr std::string_view formed[] = {"output", "log"};
constexpr std::string_view forms[] = {"level",   "language",   "lang",   "locale", "mode",     "type",
                                      "dir",     "directory",  "folder", "prefix", "encoding", "codec",
                                      "quality", "resolution", "width",  "height", "retention"};

// due_at, run_at; a verb in the present says so too: expires_at, starts_at.
constexpr std::string_view planned_words[] = {"scheduled", "planned", "run",      "due",
                                              "expire",    "expiry",  "deadline", "valid",
                                              "available", "publish", "send"};

template <size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::vector<std::string> words_of(const std::string &name) {
    std::vector<std::string> words;
    for (size_t start = 0; start < name.size();) {
        size_t end = std::min(name.find('_', start), name.size());
        if (end > start) words.push_back(name.substr(start, end - start));
        start = end + 1;
    }
    return words;
}

// stop_on_error; but failed_on says when.
bool says_on_what(const std::vector<std::string> &words) {
    auto on = std::find(words.begin(), words.end(), "on");
    return on != words.end() && std::next(on) != words.end();
}

bool asks(const std::vector<std::string> &words) {
    return is_one_of(asking_first_words, words.front()) || is_one_of(asking_last_words, words.back()) ||
           (is_one_of(formed, words.front()) && is_one_of(forms, words.back())) || says_on_what(words);
}

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

std::string snake_case(std::string_view name) {
    auto lower = [&](size_t i) { return name[i] >= 'a' && name[i] <= 'z'; };
    auto upper = [&](size_t i) { return name[i] >= 'A' && name[i] <= 'Z'; };
    auto digit = [&](size_t i) { return name[i] >= '0' && name[i] <= '9'; };
    std::string result;
    for (size_t i = 0; i < name.size(); i++) {
        bool word = i > 0 && upper(i) &&
                    (lower(i - 1) || digit(i - 1) || (upper(i - 1) && i + 1 < name.size() && lower(i + 1)));
        if (word) result += '_';
        result += name[i];
    }
    return lower_case(result);
}

std::string camel_case(std::string_view snake_case) {
    std::string result;
    for (size_t i = 0; i < snake_case.size(); i++) {
        if (snake_case[i] == '_') continue;
        std::string_view letter = snake_case.substr(i, 1);
        result += i > 0 && snake_case[i - 1] == '_' ? upper_case(letter) : std::string(letter);
    }
    return result;
}

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
    return snake_case(column) == "retry_attempt" ? 0 : 1;
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

bool says_planned_time(std::string_view name) {
    std::vector<std::string> words = words_of(snake_case(name));
    if (words.size() < 2 || words.back() != "at") return false;
    const std::string &first = words.front(), &verb = words[words.size() - 2];
    if (first == "last" || first == "next" || is_one_of(outcome_first_words, first)) return false;
    return verb.back() == 's' || is_one_of(planned_words, verb) || is_one_of(asking_first_words, first);
}

bool says_outcome(std::string_view name, bool is_time) {
    std::string snake = snake_case(name);
    std::vector<std::string> words = words_of(snake);
    if (words.empty() || (is_time && says_planned_time(name))) return false;
    if (is_time && ((words.size() > 1 && words.back() == "at") || is_one_of(outcome_times, snake)))
        return true;
    if (is_one_of(outcome_names, snake)) return true;
    if (words.size() < 2 || asks(words)) return false;
    return is_one_of(outcome_first_words, words.front()) || is_one_of(outcome_last_words, words.back()) ||
           (words[0] == "last" && words[1] == "heartbeat");
}

bool says_birth_time(std::string_view name) {
    return is_one_of(birth_times, snake_case(name));
}

}  // namespace retry_ledger::core
