// Checkpoints: how far a run had got, and from which of them a retry goes on.
#pragma once

#include <optional>
#include <string>

#include "core/refusal.hpp"

namespace retry_ledger::core {

constexpr size_t max_checkpoint_id_bytes = 1000, max_ref_bytes = 10000,
                 max_checkpoint_evidence_bytes = 100000;

// Where a retry goes on.
struct Resume {
    std::string checkpoint_id, from_status, ref;
};

// A checkpoint as it is now.
struct FoundCheckpoint {
    Resume resume;
    bool invalidated = false, expired = false;
    bool status_is_live = true;  // the table still declares its status, and not as ended
};

// Which checkpoint a call means: none, the latest valid one, or one by its id.
struct WantedCheckpoint {
    std::optional<std::string> id;  // none: the latest
};

// Of the argument `resume`: NULL and 'start' want none, 'latest' the latest, every other text names one.
// INVALID_CHECKPOINT if it is empty or longer than an id can be.
struct ReadResume {
    std::optional<WantedCheckpoint> wanted;
    std::optional<Refusal> refusal;
};
ReadResume read_resume(const std::optional<std::string> &text);

// Why a retry of the run can't go on from what was found; none if it can.
std::optional<Refusal> refuse_checkpoint(const std::optional<FoundCheckpoint> &found,
                                         const WantedCheckpoint &wanted, const std::string &run_key,
                                         const std::string &table);

Refusal checkpoint_not_found(const std::string &id);

// What is wrong with a checkpoint that is to be recorded; sizes in bytes.
std::optional<Refusal> refuse_new_checkpoint(const std::string &status, bool status_is_live, size_t ref,
                                             size_t evidence, bool evidence_is_object,
                                             const std::string &table);

}  // namespace retry_ledger::core
