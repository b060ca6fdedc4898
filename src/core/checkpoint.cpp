#include "core/checkpoint.hpp"

#include "core/format.hpp"
#include "core/keys.hpp"

namespace retry_ledger::core {

namespace {

Refusal unusable(Token token, const FoundCheckpoint &found, const std::string &run_key,
                 const std::string &table, const char *why) {
    return {token,
            format("checkpoint {} {}", found.resume.checkpoint_id, why),
            {{"run_id", run_key},
             {"run_table", table},
             {"checkpoint_id", found.resume.checkpoint_id},
             {"resume_from_status", found.resume.from_status}},
            "resume => 'latest' takes the newest valid one, resume => 'start' starts over."};
}

}  // namespace

ReadResume read_resume(const std::optional<std::string> &text) {
    if (!text || *text == "start") return {};
    if (*text == "latest") return {WantedCheckpoint{}, std::nullopt};
    if (!text->empty() && text->size() <= max_checkpoint_id_bytes)
        return {WantedCheckpoint{*text}, std::nullopt};
    return {std::nullopt, Refusal{Token::invalid_checkpoint,
                                  format("resume has {} bytes", text->size()),
                                  {{"resume", shortened(*text)}},
                                  "It is 'start', 'latest', or the id of a checkpoint."}};
}

std::optional<Refusal> refuse_checkpoint(const std::optional<FoundCheckpoint> &found,
                                         const WantedCheckpoint &wanted, const std::string &run_key,
                                         const std::string &table) {
    if (!found)
        return Refusal{Token::checkpoint_not_found,
                       wanted.id ? format("checkpoint {} is none of run {}", shortened(*wanted.id), run_key)
                                 : format("run {} has no valid checkpoint", run_key),
                       {{"run_id", run_key}, {"run_table", table}},
                       "latest_checkpoint() shows what there is; resume => 'start' starts over."};
    if (found->invalidated)
        return unusable(Token::checkpoint_invalidated, *found, run_key, table, "was invalidated");
    if (found->expired) return unusable(Token::checkpoint_expired, *found, run_key, table, "has expired");
    if (!found->status_is_live)
        return unusable(Token::checkpoint_not_found, *found, run_key, table,
                        "is of a status that runs no longer have");
    return std::nullopt;
}

Refusal checkpoint_not_found(const std::string &id) {
    return {Token::checkpoint_not_found,
            format("checkpoint {} does not exist", id),
            {{"checkpoint_id", id}},
            "Check the id and the tenant that the call names."};
}

std::optional<Refusal> refuse_new_checkpoint(const std::string &status, bool status_is_live, size_t ref,
                                             size_t evidence, bool evidence_is_object,
                                             const std::string &table) {
    auto invalid = [&](const std::string &message, const char *hint) {
        return Refusal{Token::invalid_checkpoint, message, {{"run_table", table}}, hint};
    };
    if (!status_is_live)
        return invalid(format("runs of {} don't go on from \"{}\"", table, shortened(status)),
                       "Name an initial or active status: governed_tables shows them.");
    if (ref == 0 || ref > max_ref_bytes)
        return invalid(format("ref has {} bytes and may have 1 to {}", ref, max_ref_bytes),
                       "It says where the work so far is: a path, a URI, a key.");
    if (!evidence_is_object)
        return invalid("evidence is not a JSON object", "Pass evidence => '{\"frames\": 1200}', or none.");
    if (evidence > max_checkpoint_evidence_bytes)
        return invalid(
            format("evidence has {} bytes and may have {}", evidence, max_checkpoint_evidence_bytes),
            "Keep what is large where ref points to.");
    return std::nullopt;
}

}  // namespace retry_ledger::core
