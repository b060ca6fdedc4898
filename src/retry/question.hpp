// What the engine is asked: the facts about a run as whoever asks sees it, and what was asked for.
#pragma once

#include <unordered_map>

#include "core/checkpoint.hpp"
#include "core/decision.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::retry {

// What a caller asks for.  A hand-written INSERT asks for no more than key and reason.
struct Request {
    Datum key = 0;                      // of the run to retry
    std::string key_text;               // as the caller wrote it
    std::optional<std::string> tenant;  // a run of another one doesn't exist for the caller
    std::string reason;
    std::optional<int> max_attempts;
    std::optional<std::string> override_reason;  // lifts the cap
    Overrides overrides;
    std::optional<core::WantedCheckpoint> resume;  // none: from the start
    bool any_ended_status = false;
    bool by_hand = false;  // the row's columns aren't chosen by us: they are looked at when it is there
};

// A plan locks nothing.
enum class Purpose { retry, plan };

// Locks what a budget needs, so that two calls at once can't both spend the last of it.
core::Question question_of(const pg::Home &home, govern::Governed &table, VisibleRun &run,
                           const Request &request, Purpose purpose = Purpose::retry);

// What is the same for all runs of a call: who asks, and for how much.
core::Question asked_by_caller(const govern::Governed &table, const Request &request);

// What the run itself says; neither its failure's class nor the retries that it already has are looked at.
void ask_about(core::Question &question, govern::Governed &table, const VisibleRun &run,
               const Request &request);

// Microseconds since each of these runs ended.
std::unordered_map<std::string, std::int64_t> since_ends(const pg::Home &home, const govern::Governed &table,
                                                         const std::vector<std::string> &keys);

// The live retry of a run, by everything committed by now.
std::optional<core::LiveRetry> live_retry(const pg::Home &home, govern::Governed &table,
                                          const std::string &parent_key);

std::string current_role();
bool current_role_may_retry(const govern::Governed &table);
core::Override override_of(const govern::Governed &table, const std::string &reason);

}  // namespace retry_ledger::retry
