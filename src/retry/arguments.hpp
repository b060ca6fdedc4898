// Arguments and answers that the functions of this folder have in common.
#pragma once

#include "retry/question.hpp"
#include "retry/resolve.hpp"

namespace retry_ledger::retry {

// 1 to 10, or INVALID_MAX_ATTEMPTS.
std::optional<int> max_attempts_argument(FunctionCallInfo fcinfo, int index);

// INVALID_REASON if it is empty or longer than core::max_reason_bytes.
void check_reason(const std::string &reason);
std::optional<std::string> reason_argument(FunctionCallInfo fcinfo, int index);

// INVALID_CHECKPOINT unless it is 'start', 'latest' or an id; none for 'start' and NULL.
std::optional<core::WantedCheckpoint> resume_argument(FunctionCallInfo fcinfo, int index);

// A jsonb argument as text.
std::optional<std::string> json_argument(FunctionCallInfo fcinfo, int index);

// The run that a caller means and may retry as far as privileges go; fills the request's key.
RunReference require_run(const pg::Home &home, const std::optional<std::string> &run_id, Oid run_table,
                         Request &request);

// Into the request: what the retry has instead of its parent's values.
void set_overrides(const govern::Governed &table, Request &request, const std::optional<std::string> &json);

// One row of a set-returning function, column by column.
class RowBuilder {
public:
    void text(const std::optional<std::string> &value);
    void integer(std::optional<int> value);
    void bigint(std::optional<std::int64_t> value);
    void boolean(bool value);
    void time(std::optional<TimestampTz> value);
    void json(const std::optional<std::string> &value);
    void put(FunctionCallInfo fcinfo);  // as many as the function's row has

private:
    void add(Datum value, bool null);
    std::vector<Datum> values_;
    std::vector<char> nulls_;
};

}  // namespace retry_ledger::retry
