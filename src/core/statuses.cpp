#include "core/statuses.hpp"

#include <algorithm>
#include <iterator>

#include "core/names.hpp"

namespace retry_ledger::core {

namespace {

// The order counts: the first initial one is where retries are born, and messages list the ended ones so.
constexpr std::string_view initial_names[] = {"queued", "pending", "created", "new", "scheduled"};
constexpr std::string_view active_names[] = {"dispatched", "running", "processing", "in_progress", "started"};
constexpr std::string_view ended_names[] = {"completed",
                                            "failed",
                                            "succeeded",
                                            "success",
                                            "error",
                                            "timeout",
                                            "timed_out",
                                            "cancelled",
                                            "canceled",
                                            "skipped",
                                            "completed_with_errors"};
constexpr std::string_view success_names[] = {"completed", "succeeded", "success", "completed_with_errors"};

// Nearest to "it was never tried" first.
constexpr std::string_view void_names[] = {"failed",    "error",    "timeout", "timed_out",
                                           "cancelled", "canceled", "skipped"};

struct Names {
    const std::string_view *first, *last;
};

Names names_of(Phase phase) {
    switch (phase) {
        case Phase::initial:
            return {std::begin(initial_names), std::end(initial_names)};
        case Phase::active:
            return {std::begin(active_names), std::end(active_names)};
        default:
            return {std::begin(ended_names), std::end(ended_names)};
    }
}

bool contains(const std::vector<std::string> &list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

const char *phase_name(Phase phase) {
    return phase == Phase::initial ? "initial" : phase == Phase::active ? "active" : "ended";
}

std::vector<std::string> &Statuses::of(Phase phase) {
    return phase == Phase::initial ? initial : phase == Phase::active ? active : ended;
}

const std::vector<std::string> &Statuses::of(Phase phase) const {
    return phase == Phase::initial ? initial : phase == Phase::active ? active : ended;
}

std::optional<Phase> Statuses::phase_of(std::string_view status) const {
    for (Phase phase : phases)
        if (core::contains(of(phase), status)) return phase;
    return std::nullopt;
}

std::vector<std::string> Statuses::all() const {
    std::vector<std::string> result;
    for (Phase phase : phases) result.insert(result.end(), of(phase).begin(), of(phase).end());
    return result;
}

std::optional<Phase> default_phase(std::string_view status) {
    std::string lower = lower_case(status);
    for (Phase phase : phases) {
        Names names = names_of(phase);
        if (std::find(names.first, names.last, lower) != names.last) return phase;
    }
    return std::nullopt;
}

Statuses default_statuses(Spelling spelling) {
    Statuses result;
    for (Phase phase : phases) {
        Names names = names_of(phase);
        for (const std::string_view *name = names.first; name != names.last; name++)
            result.of(phase).push_back(spelling == Spelling::upper ? upper_case(*name) : std::string(*name));
    }
    return result;
}

Statuses classify(const std::vector<std::string> &labels, std::vector<std::string> &unknown) {
    Statuses result;
    for (Phase phase : phases) {
        Names names = names_of(phase);
        for (const std::string_view *name = names.first; name != names.last; name++)
            for (const std::string &label : labels)
                if (lower_case(label) == *name) result.of(phase).push_back(label);
    }
    for (const std::string &label : labels)
        if (!default_phase(label)) unknown.push_back(label);
    return result;
}

bool is_success(std::string_view status) {
    std::string lower = lower_case(status);
    return std::find(std::begin(success_names), std::end(success_names), lower) != std::end(success_names);
}

FileState file_state(std::string_view status, const std::vector<std::string> &ended,
                     const std::vector<std::string> &retried, const std::vector<std::string> &successes) {
    if (!contains(ended, status)) return FileState::open;
    if (contains(retried, status)) return FileState::failed;
    return contains(successes, status) ? FileState::completed : FileState::error;
}

std::optional<std::string> default_void_status(const Statuses &statuses) {
    for (std::string_view name : void_names)
        for (const std::string &status : statuses.ended)
            if (lower_case(status) == name) return status;
    for (const std::string &status : statuses.ended)
        if (!is_success(status)) return status;
    return std::nullopt;
}

}  // namespace retry_ledger::core
