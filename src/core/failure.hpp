// Failure classes: what the text of a failure says about whether trying again may help.
//
// A class is given only where the text itself is evidence of something that passes: a service that didn't
// answer, a limit that was hit for now, a test that is known to be flaky.  What would fail again is never
// called transient, and neither is what nobody can tell from the text: unsure is no class, and no class means
// no retry.  The answer depends on the text and the rules alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy.hpp"

namespace retry_ledger::core {

// A rule's pattern is in RE2's syntax and looked for anywhere in the text; ^ and $ match at the ends of
// lines. A rule without a class says "stop here, unsure": it keeps the rules after it from being asked.

// How patterns of one's own and texts are encoded: characters of UTF-8, or bytes where a database uses
// anything else.  Text that isn't valid in it never fails; patterns in ASCII mean the same in both.
enum class TextEncoding { utf8, bytes };

// Errors that the work queue writes itself, known by how they begin.
constexpr std::string_view lost_lease = "retry_ledger: lease lost: ", lost_lease_class = "interrupted";
constexpr std::string_view not_dispatched = "dispatch_failed: ", not_dispatched_class = "dispatch_failed";

constexpr std::size_t max_failure_rules = 100;
constexpr std::size_t max_pattern_bytes = 1000;
// RE2's instructions: what a pattern comes to after x{100} was written out.
constexpr int max_pattern_size = 1000, max_rules_size = 4000;

// Why a pattern can't be used, as "missing closing ): a(b"; none if it can.
std::optional<std::string> pattern_error(const std::string &pattern,
                                         TextEncoding encoding = TextEncoding::utf8);

// The same for an ordered list as a whole: each pattern, and their number and size together.
std::optional<std::string> rules_error(const std::vector<FailureRule> &rules,
                                       TextEncoding encoding = TextEncoding::utf8);

// The longest text that is looked at whole.  Of a longer one the beginning and the end are: an error names
// itself first, a log says last why it ended.
constexpr std::size_t max_seen_text = 1024 * 1024;
constexpr std::size_t seen_head(std::size_t limit) {
    return limit / 16;
}

// What is looked at of a text longer than `limit`: seen_head(limit) - 1 bytes from its beginning, a line end,
// and the rest of `limit` from its end.
std::string seen_part(std::string_view text, std::size_t limit = max_seen_text);

class Classifier {
public:
    // The rules of one's own come first, in their order, then the built-in ones.  If they can't be used (see
    // rules_error) nothing is classified: skipping a rule could call transient what it was there to stop.
    explicit Classifier(const std::vector<FailureRule> &own = {}, TextEncoding encoding = TextEncoding::utf8);
    ~Classifier();
    Classifier(Classifier &&) noexcept;
    Classifier &operator=(Classifier &&) noexcept;

    // The class of the first rule that matches; none if that rule has none, or if no rule matches.
    std::optional<std::string> classify(std::string_view text) const;

private:
    struct Own;
    std::unique_ptr<Own> own_;
};

}  // namespace retry_ledger::core
