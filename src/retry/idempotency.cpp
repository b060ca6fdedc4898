#include "retry/idempotency.hpp"

#include "core/keys.hpp"
#include "pg/lock.hpp"

namespace retry_ledger::retry {

namespace {

using core::Refusal;
using core::Token;

constexpr size_t max_request_id_bytes = 200;

}  // namespace

void check_request_id(const std::optional<std::string> &request_id) {
    if (!request_id) return;
    if (request_id->empty() || request_id->size() > max_request_id_bytes)
        throw pg::to_error(Refusal{Token::invalid_request_id,
                                   core::format("the request_id has {} bytes and may have 1 to {}",
                                                request_id->size(), max_request_id_bytes),
                                   {{"bytes", static_cast<std::int64_t>(request_id->size())}},
                                   "Name each request by an id of its own, a uuid for example."});
}

IdempotentCall::IdempotentCall(const pg::Home &home, RequestScope scope,
                               std::optional<std::string> request_id, const std::string &fingerprint)
    : home_(home), scope_(std::move(scope)), request_id_(std::move(request_id)) {
    if (!request_id_) return;
    fingerprint_ = std::string(pg::varlena_view(pg::sha256(fingerprint)));
    pg::lock_name(
        home_, core::format("request {} {} {}", scope_.run_table, scope_.tenant.value_or(""), *request_id_));
    pg::AsRole owner(home_.owner);
    pg::Rows rows = pg::run_latest(
        core::format(
            "SELECT fingerprint, answer::text FROM {}.request WHERE run_table = $1 AND request_id = $2"
            " AND tenant {} AND asked_by IS NOT DISTINCT FROM $4",
            pg::schema_name(home_), scope_.tenant ? "= $3" : "IS NULL AND $3::text IS NULL"),
        {pg::text_param(std::string_view(scope_.run_table)), pg::text_param(request_id_),
         pg::text_param(scope_.tenant), pg::text_param(scope_.role)});
    if (rows.empty()) return;
    bool null;
    if (pg::varlena_view(rows.value(0, 1, &null)) != fingerprint_) refuse_reuse();
    answer_ = rows.string(0, 2);
}

void IdempotentCall::refuse_reuse() const {
    throw pg::to_error(
        Refusal{Token::idempotency_key_reused,
                core::format("request_id {} was used for another request", core::shortened(*request_id_)),
                {{"request_id", core::shortened(*request_id_)}, {"run_table", scope_.run_table}},
                "An id stands for one request: name the new request by an id of its own."});
}

void IdempotentCall::keep(const std::string &json) const {
    if (!request_id_) return;
    auto text = [](const std::optional<std::string> &value) {
        return value ? pg::text_datum(*value) : Datum(0);
    };
    Datum values[] = {pg::text_datum(scope_.run_table),
                      text(scope_.tenant),
                      text(request_id_),
                      text(scope_.role),
                      pg::text_datum(fingerprint_),  // bytea is laid out alike
                      pg::input_datum(JSONBOID, -1, json),
                      TimestampTzGetDatum(GetCurrentTimestamp())};
    bool nulls[] = {false, !scope_.tenant, false, !scope_.role, false, false, false};
    pg::insert_row(pg::own_relation(home_, "request"), values, nulls);
}

}  // namespace retry_ledger::retry
