// Retries that were decided and whose rows aren't born yet: the way from a function's arguments, or from the
// BEFORE trigger, to the AFTER trigger.  Backend memory, never a setting: nobody can forge it.
#pragma once

#include "govern/governed.hpp"

namespace retry_ledger::retry {

// A yes of the engine, with what the effects need of the parent as it was seen.
struct Decided {
    std::string parent_key, parent_status, reason;
    std::optional<std::string> parent_error, tenant;
    int attempt = 0;           // of the retry
    std::string content_hash;  // of the parent, 32 bytes
};

enum class By { function, trigger };

// Kept until taken, or until the transaction ends.  A newer decision for the same parent replaces it.
void remember(Oid root, const Decided &decided, By by);

// The decision that a function put there for this parent, once: it is the trigger's from then on.
std::optional<Decided> adopt_from_function(Oid root, const std::string &parent_key);

// Takes the decision for this parent out.
std::optional<Decided> take(Oid root, const std::string &parent_key);

// At the end of a function's call, however it ends.
class FunctionDecision {
public:
    FunctionDecision(Oid root, const Decided &decided) : root_(root), key_(decided.parent_key) {
        remember(root, decided, By::function);
    }
    ~FunctionDecision();
    FunctionDecision(const FunctionDecision &) = delete;

private:
    Oid root_;
    std::string key_;
};

void watch_transactions();

}  // namespace retry_ledger::retry
