// The one engine that decides whether a run may be retried: plain data in, plain data out.  Triggers and
// functions ask the same question here.
#pragma once

#include <optional>
#include <string>

#include "core/policy.hpp"
#include "core/refusal.hpp"

namespace retry_ledger::core {

// A run as whoever asks sees it.
struct RunFacts {
    std::string table;  // as on the ledger
    std::string key;
    std::string status;
    bool ended = false;
    int attempt = 1;  // 1: the original
};

struct LiveRetry {
    std::string key;
    std::optional<std::string> status;  // none: whoever asks can't see it
};

struct Question {
    RunFacts run;
    std::optional<LiveRetry> live_retry;
    std::string role;
    bool role_may_retry = true;
    std::string attempted_status;  // in which the retry would be born
};

// The first reason against, in the order of the contract; none if the retry may be born.
std::optional<Refusal> decide_retry(const Question &question, const Policy &policy);

Refusal run_not_found(const std::string &key, const std::string &table);
Refusal already_retried(const RunFacts &run, const LiveRetry &live);

}  // namespace retry_ledger::core
