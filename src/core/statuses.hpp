// The statuses of a run, in three phases, and what a status means that nobody declared.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retry_ledger::core {

enum class Phase { initial, active, ended };

constexpr Phase phases[] = {Phase::initial, Phase::active, Phase::ended};
const char *phase_name(Phase phase);

// A closed set of statuses.  A retry is born in the first initial one.
struct Statuses {
    std::vector<std::string> initial, active, ended;

    std::vector<std::string> &of(Phase phase);
    const std::vector<std::string> &of(Phase phase) const;
    std::optional<Phase> phase_of(std::string_view status) const;
    bool contains(std::string_view status) const { return phase_of(status).has_value(); }
    std::vector<std::string> all() const;
};

// The phase that a status has by its name, in whatever case it is written.
std::optional<Phase> default_phase(std::string_view status);

// All statuses that have a phase by name, in lower or upper case.
enum class Spelling { lower, upper };
Statuses default_statuses(Spelling spelling);

// The statuses among `labels` that have a phase by name, in the order of the defaults, each as it is spelled;
// the others are left in `unknown`.
Statuses classify(const std::vector<std::string> &labels, std::vector<std::string> &unknown);

// What a retry that was never handed out ends as: failed, else what comes nearest.  None if every ended
// status is a success.
std::optional<std::string> default_void_status(const Statuses &statuses);

bool is_success(std::string_view status);

// What a file's status says of it, where `ended` are the ended statuses of its table, `retried` those that a
// retry takes up and `successes` those that say that a file has completed.
enum class FileState { open, completed, failed, error };
FileState file_state(std::string_view status, const std::vector<std::string> &ended,
                     const std::vector<std::string> &retried, const std::vector<std::string> &successes);

}  // namespace retry_ledger::core
