#include "retry/arguments.hpp"

#include "core/reason.hpp"
#include "retry/overrides.hpp"

namespace retry_ledger::retry {

namespace {

using core::Refusal;
using core::Token;

}  // namespace

std::optional<int> max_attempts_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    int value = PG_GETARG_INT32(index);
    if (value < core::min_max_attempts || value > core::max_max_attempts)
        throw pg::to_error(Refusal{Token::invalid_max_attempts,
                                   core::format("max_attempts is {} and may be {} to {}", value,
                                                core::min_max_attempts, core::max_max_attempts),
                                   {{"max_attempts", std::int64_t{value}}},
                                   "It counts retries, and can lower what the policy allows, not raise it."});
    return value;
}

void check_reason(const std::string &reason) {
    if (auto refusal = core::refuse_reason(reason)) throw pg::to_error(*refusal);
}

std::optional<std::string> reason_argument(FunctionCallInfo fcinfo, int index) {
    std::optional<std::string> reason = pg::text_argument(fcinfo, index);
    if (reason) check_reason(*reason);
    return reason;
}

std::optional<core::WantedCheckpoint> resume_argument(FunctionCallInfo fcinfo, int index) {
    core::ReadResume read = core::read_resume(pg::text_argument(fcinfo, index));
    if (read.refusal) throw pg::to_error(*read.refusal);
    return read.wanted;
}

std::optional<std::string> json_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return pg::output_text(JSONBOID, PG_GETARG_DATUM(index));
}

RunReference require_run(const pg::Home &home, const std::optional<std::string> &run_id, Oid run_table,
                         Request &request) {
    RunReference run = resolve_run(home, run_id, run_table);
    require_privileges(*run.table, "SELECT, INSERT");
    check_tenant_argument(*run.table, request.tenant);
    request.key = run.key;
    request.key_text = run.text;
    return run;
}

void set_overrides(const govern::Governed &table, Request &request, const std::optional<std::string> &json) {
    request.overrides = parse_overrides(table, json);
}

void RowBuilder::add(Datum value, bool null) {
    values_.push_back(value);
    nulls_.push_back(null);
}

void RowBuilder::text(const std::optional<std::string> &value) {
    add(value ? pg::text_datum(*value) : Datum(0), !value);
}

void RowBuilder::integer(std::optional<int> value) {
    add(Int32GetDatum(value.value_or(0)), !value);
}

void RowBuilder::bigint(std::optional<std::int64_t> value) {
    std::int64_t number = value.value_or(0);
    add(pg::pg_call([&] { return Int64GetDatum(number); }), !value);
}

void RowBuilder::boolean(bool value) {
    add(BoolGetDatum(value), false);
}

void RowBuilder::time(std::optional<TimestampTz> value) {
    add(TimestampTzGetDatum(value.value_or(0)), !value);
}

void RowBuilder::json(const std::optional<std::string> &value) {
    add(value ? pg::input_datum(JSONBOID, -1, *value) : Datum(0), !value);
}

void RowBuilder::put(FunctionCallInfo fcinfo) {
    static_assert(sizeof(char) == sizeof(bool));
    pg::pg_call([&] {
        auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
        tuplestore_putvalues(result->setResult, result->setDesc, values_.data(),
                             reinterpret_cast<bool *>(nulls_.data()));
    });
}

}  // namespace retry_ledger::retry
