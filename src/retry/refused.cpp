#include "retry/refused.hpp"

#include "core/json.hpp"
#include "core/keys.hpp"
#include "history/metrics.hpp"

namespace retry_ledger::retry {

namespace {

// MAKE_SQLSTATE packs six bits a character.
char sqlstate_character(int sqlstate, int index) {
    return static_cast<char>(PGUNSIXBIT(sqlstate >> (6 * index)));
}

int http_status_of(int sqlstate) {
    return (sqlstate_character(sqlstate, 2) - '0') * 100 + (sqlstate_character(sqlstate, 3) - '0') * 10 +
           (sqlstate_character(sqlstate, 4) - '0');
}

std::string token_of(const std::string &message) {
    return message.substr(0, message.find(": "));
}

}  // namespace

OnRefusal on_refusal_argument(FunctionCallInfo fcinfo, int index) {
    std::string value = pg::text_argument(fcinfo, index).value_or("raise");
    if (value == "raise") return OnRefusal::raise;
    if (value == "record") return OnRefusal::record;
    throw pg::to_error(
        core::Refusal{core::Token::invalid_on_refusal,
                      core::format("on_refusal is \"{}\"", core::shortened(value)),
                      {{"on_refusal", core::shortened(value)}},
                      "It is 'raise' (an error) or 'record' (an answer, kept on the ledger)."});
}

bool is_refusal(const pg::Error &error) {
    return sqlstate_character(error.sqlstate, 0) == 'P' && sqlstate_character(error.sqlstate, 1) == 'T';
}

RecordedRefusal refusal_of(const pg::Error &error) {
    RecordedRefusal refusal;
    refusal.code = token_of(error.message);
    refusal.http_status = http_status_of(error.sqlstate);
    refusal.message = error.message;
    // Ours is JSON; what the application's code says with a RAISE is a text, whatever it looks like.
    refusal.detail = error.detail.empty() ? "{}"
                     : error.is_ours      ? error.detail
                                          : core::json_string(error.detail);
    refusal.hint = error.hint;
    refusal.json = core::to_json({{"code", refusal.code},
                                  {"http_status", std::int64_t{refusal.http_status}},
                                  {"message", error.message},
                                  {"detail", core::Json{refusal.detail}},
                                  {"hint", error.hint}});
    return refusal;
}

void keep_refusal(const pg::Home &home, const RefusedCall &call, const std::string &message,
                  const core::Value &detail) {
    ledger::Entry entry;
    entry.action = "refused";
    entry.run_table = call.run_table;
    entry.run_key = call.run_key;
    entry.tenant = call.tenant;
    entry.reason_code = token_of(message);
    entry.policy_hash = call.policy_hash;
    entry.evidence = {{"function", call.function}, {"message", message}, {"detail", detail}};
    if (call.request_id) entry.evidence.push_back({"request_id", *call.request_id});
    entry.evidence.insert(entry.evidence.end(), call.more.begin(), call.more.end());
    entry.who = call.who;
    ledger::append(home, entry);
    history::count_refused(home, call.run_table, *entry.reason_code);
}

RecordedRefusal record_refusal(const pg::Home &home, const RefusedCall &call, const pg::Error &error) {
    RecordedRefusal refusal = refusal_of(error);
    keep_refusal(home, call, refusal.message, core::Json{refusal.detail});
    set_response_status(refusal.http_status);
    return refusal;
}

void set_response_status(int status) {
    std::string text = core::format("{}", status);
    pg::pg_call([&] {
        (void)set_config_option("response.status", text.c_str(), PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
                                true, 0, false);
    });
}

}  // namespace retry_ledger::retry
