// Retries that were decided and whose rows aren't born yet: the way from a function's arguments, or from the
// BEFORE trigger, to the AFTER trigger.  Backend memory, never a setting: nobody can forge it.
#pragma once

#include <map>

#include "core/checkpoint.hpp"
#include "core/decision.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::retry {

// A yes of the engine, with what the effects need of the parent as it was seen.
struct Decided {
    std::string parent_key, parent_status, reason;
    std::optional<std::string> parent_error, tenant, failure_class;
    int attempt = 0;                        // of the retry
    std::string content_hash;               // of the parent, 32 bytes
    std::string policy_hash;                // of the policy that said yes; another may be set by its birth
    std::optional<TimestampTz> not_before;  // when its work may be handed out, were it born now
    std::optional<std::string> override_reason;  // why the cap was lifted
    bool by_hand = false;                        // the row's columns weren't chosen by us
    std::optional<std::string> checked;          // inputs that the application's check function has let pass
    std::optional<std::int64_t> credits;         // charged at its birth; none: nothing is
    std::optional<core::Resume> resume;          // where it goes on; none: from the start
    std::optional<std::string> profile;          // that the policy binds
    std::map<std::string, std::optional<std::string>>
        columns;              // as the row must have them: see bound_columns
    core::Evidence evidence;  // what a function adds for the ledger,
    core::Evidence answer;    // and for its caller
};

// By the BEFORE trigger of a row.  A newer decision for the same parent replaces it.
void remember(Oid root, Decided decided);

// The decision that a function put there for this parent, once: it is the trigger's from then on.  Null if
// there is none; it stays where it is.
const Decided *adopt_from_function(Oid root, const std::string &parent_key);

// Takes out the decision for this parent, in the AFTER trigger of the row `key` that the command `written_by`
// has written: the one that a BEFORE trigger of the same statement has remembered or adopted, if nothing that
// it rests on has been rolled back since.
std::optional<Decided> take(Oid root, const std::string &parent_key, const std::string &key,
                            CommandId written_by);

// The decisions of a function's call: at its end, however it ends, those that no row came for are gone.
class FunctionDecisions {
public:
    FunctionDecisions() = default;
    ~FunctionDecisions();
    FunctionDecisions(const FunctionDecisions &) = delete;
    void add(Oid root, Decided decided);

    // When the rows are there, their keys by those of their parents: throws where one was born by another
    // decision than the function's, or another row by that.
    void require_taken_by(const govern::Governed &table,
                          const std::map<std::string, std::string> &born) const;

private:
    friend std::optional<Decided> take(Oid root, const std::string &parent_key, const std::string &key,
                                       CommandId written_by);

    std::vector<std::string> keys_;
    std::map<std::string, std::string> taken_;
};

}  // namespace retry_ledger::retry
