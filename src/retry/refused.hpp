// on_refusal => 'record': a refusal that comes back as an answer and stays on the ledger, instead of an error
// that takes its own record with it.
#pragma once

#include "ledger/ledger.hpp"
#include "pg/text.hpp"

namespace retry_ledger::retry {

enum class OnRefusal { raise, record };

// NULL is 'raise'.  INVALID_ON_REFUSAL for anything but 'raise' and 'record'.
OnRefusal on_refusal_argument(FunctionCallInfo fcinfo, int index);

// What was refused, as far as it is known.
struct RefusedCall {
    std::string function;
    std::optional<std::string> run_table, run_key, tenant, request_id;
    const unsigned char *policy_hash = nullptr;  // 32 bytes
    core::Evidence more;                         // that the ledger keeps besides
    const ledger::Who *who = nullptr;            // whoever calls
};

struct RecordedRefusal {
    std::string code;  // the token
    int http_status;
    std::string message, detail, hint;
    std::string json;  // {"code", "http_status", "message", "detail", "hint"}
};

// Whether an error is a refusal of the contract: SQLSTATE PTxyz.
bool is_refusal(const pg::Error &error);

// The refusal as an answer.
RecordedRefusal refusal_of(const pg::Error &error);

// Puts a refusal on the ledger, and counts it.  Its message starts with the token; `detail` is what DETAIL
// is.
void keep_refusal(const pg::Home &home, const RefusedCall &call, const std::string &message,
                  const core::Value &detail);

// The same, and tells PostgREST its status.
RecordedRefusal record_refusal(const pg::Home &home, const RefusedCall &call, const pg::Error &error);

// The setting `response.status` until the transaction ends: PostgREST answers with it.
void set_response_status(int status);

}  // namespace retry_ledger::retry
