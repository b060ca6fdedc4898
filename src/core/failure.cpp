// Matching is left to RE2, and to RE2 alone, since patterns come from users and texts from anywhere.  It
// matches in time linear in the text whatever the pattern, in memory that is bounded beforehand, reports
// errors by value and starts no thread.  The standard library's engine and PCRE backtrack: a pattern such as
// (a+)+$ would hang a server process in code that can't be interrupted; PostgreSQL's own can be made to take
// any time and memory as well, and needs one pass for each rule.  The price is that RE2 has neither
// backreferences nor lookaround.
//
// All rules of a list are one automaton (RE2::Set), so a text is read once, not once per rule.  Such a set
// never falls back to anything slower: what doesn't fit its memory is refused when it is compiled.
//
// How the built-in rules look at a text:
//   - marks of what would fail again are looked for in all of it;
//   - evidence of what passes only where a log says why it ended: in its last lines and its first one,
//   without
//     what is said in passing (warnings, names of tests, stack frames) or quoted, and nothing from before a
//     line that says that it went on ("retrying in 5 s", "reconnected") or that complains of something else.
//     The last complaint decides; lines that say only that it failed ("exit code 1") aren't one.
#include "core/failure.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <cctype>
#include <climits>

#include "core/failure_rules.hpp"
#include "core/format.hpp"

namespace retry_ledger::core {

namespace {

// An automaton's states are made as texts ask for them; when this is full they are thrown away and made anew.
constexpr std::int64_t set_memory = 8 << 20;
constexpr std::size_t evidence_tail = 64 * 1024;

RE2::Options options_for(TextEncoding encoding) {
    RE2::Options options;
    options.set_log_errors(false);  // standard error is the server's log
    options.set_max_mem(set_memory);
    options.set_encoding(encoding == TextEncoding::utf8 ? RE2::Options::EncodingUTF8
                                                        : RE2::Options::EncodingLatin1);
    return options;
}

// What PatternSet::first_match returns instead of a place: nothing matches, or the memory allowed is so short
// that even throwing all states away doesn't help (compile() sees to it that it isn't).
constexpr int no_match = INT_MAX, failed = -1;

// Patterns in order, asked all at once.
class PatternSet {
public:
    explicit PatternSet(TextEncoding encoding) : set_(options_for(encoding), RE2::UNANCHORED) {}

    bool add(const std::string &pattern) { return set_.Add(pattern, nullptr) >= 0; }
    bool compile() { return set_.Compile(); }

    // The first in order, not in the text.
    int first_match(std::string_view text) const {
        std::vector<int> matches;
        RE2::Set::ErrorInfo error{};
        if (!set_.Match({text.data(), text.size()}, &matches, &error))
            return error.kind == RE2::Set::kNoError ? no_match : failed;
        return *std::min_element(matches.begin(), matches.end());
    }

    // True also if the search failed: each caller is then on the safe side.
    bool matches(std::string_view text) const {
        RE2::Set::ErrorInfo error{};
        return set_.Match({text.data(), text.size()}, nullptr, &error) || error.kind != RE2::Set::kNoError;
    }

private:
    RE2::Set set_;
};

bool fill(PatternSet &set, const std::vector<FailureRule> &rules) {
    for (const FailureRule &rule : rules)
        if (!set.add("(?m)" + rule.pattern)) return false;
    return set.compile();
}

enum class LineKind { resumption, aside, evidence, trailer, complaint, other };

// The built-in rules, compiled.
struct Builtin {
    std::vector<FailureRule> rules = builtin_failure_rules();
    // The rules without a class and those with one; at which place in the list each of them stands.
    PatternSet stops{TextEncoding::bytes}, evidence{TextEncoding::bytes};
    std::vector<int> stop_places, evidence_places;
    // All that is asked of a line, the rules with a class among it, and what kind of line each pattern means.
    PatternSet lines{TextEncoding::bytes};
    std::vector<LineKind> kinds;
    int first_evidence = 0;  // among the patterns of `lines`
    RE2 attempt{R"((?i)\b(?:attempt|try|retry)\s*#?(\d{1,6})\s*(?:/|of|out of)\s*(\d{1,6}))",
                options_for(TextEncoding::bytes)};
    bool usable = false;

    Builtin() {
        for (std::size_t i = 0; i < rules.size(); i++) {
            bool stop = rules[i].failure_class.empty();
            (stop ? stops : evidence).add(built_in(rules[i].pattern));
            (stop ? stop_places : evidence_places).push_back(static_cast<int>(i));
        }
        add_lines(builtin_resumptions(), LineKind::resumption);
        add_lines(builtin_asides(), LineKind::aside);
        first_evidence = static_cast<int>(kinds.size());
        for (int place : evidence_places) add_lines({rules[place].pattern}, LineKind::evidence);
        add_lines(builtin_trailers(), LineKind::trailer);
        add_lines(builtin_complaints(), LineKind::complaint);
        usable = stops.compile() && evidence.compile() && lines.compile() && attempt.ok();
    }

    void add_lines(const std::vector<std::string> &patterns, LineKind kind) {
        for (const std::string &pattern : patterns) {
            lines.add(built_in(pattern));
            kinds.push_back(kind);
        }
    }

    static std::string built_in(const std::string &pattern) { return "(?im)" + pattern; }
};

// Made at the first use and never freed: compiling takes milliseconds, and a static with a destructor would
// run at the exit of a server process.
const Builtin &builtin() {
    static const Builtin *made = nullptr;
    if (made == nullptr) made = new Builtin();
    return *made;
}

// Calls f with each line, without its line end.
template <class F>
void for_each_line(std::string_view text, F f) {
    while (!text.empty()) {
        std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (!line.empty()) f(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

// "attempt 1/3": not the last one, so it went on.
bool is_earlier_attempt(std::string_view line) {
    int number, total;
    return RE2::PartialMatch({line.data(), line.size()}, builtin().attempt, &number, &total) &&
           number < total;
}

// What is cut off at the front begins amid a line, which could then be misread: "line 1502 Bad Gateway".
std::string_view whole_lines(std::string_view tail) {
    std::size_t end = tail.find('\n');
    return end == std::string_view::npos ? tail : tail.substr(end + 1);
}

bool starts_with(std::string_view text, std::string_view start) {
    return text.substr(0, start.size()) == start;
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Whether a quotation begins at `at` as in `ticket "HTTP 503 on login" has no owner`: after a word.  What
// stands after a mark is what a program says, as in `{"error": "HTTP 503"}`.
bool quotes_somebody(std::string_view line, std::size_t at) {
    return (line[at] == '"' || line[at] == '\'') && at >= 2 && line[at - 1] == ' ' && is_word(line[at - 2]) &&
           !starts_with(line.substr(at + 1), "http");  // Go: Get "https://example.com": EOF
}

// The line without what it quotes: names and data, which are no evidence.
std::string without_quotations(std::string_view line) {
    std::string rest;
    for (std::size_t i = 0; i < line.size(); i++) {
        rest.push_back(line[i]);
        if (!quotes_somebody(line, i)) continue;
        std::size_t end = line.find(line[i], i + 1);
        if (end == std::string_view::npos) continue;
        rest.push_back(line[end]);
        i = end;
    }
    return rest;
}

// Reads lines in order and keeps the first rule, by place in the list, of the evidence that still stands.
class Evidence {
public:
    explicit Evidence(const Builtin &rules) : rules_(rules) {}

    void read(std::string_view line) {
        int found = rules_.lines.first_match(without_quotations(line));
        LineKind kind = found == no_match ? LineKind::other
                        : found == failed ? LineKind::complaint
                                          : rules_.kinds[found];
        if (kind == LineKind::evidence && is_earlier_attempt(line)) kind = LineKind::resumption;
        if (kind == LineKind::evidence)
            place_ = std::min(place_, rules_.evidence_places[found - rules_.first_evidence]);
        else if (kind == LineKind::resumption || kind == LineKind::complaint)
            place_ = no_match;
    }

    int place() const { return place_; }

private:
    const Builtin &rules_;
    int place_ = no_match;
};

// The place of the first rule for which the text has evidence.
int evidence_in(std::string_view text, const Builtin &rules) {
    Evidence evidence(rules);
    auto read = [&](std::string_view line) { evidence.read(line); };
    if (text.size() <= evidence_tail) {
        for_each_line(text, read);
    } else {
        for_each_line(text.substr(0, std::min(text.find('\n'), evidence_tail)), read);
        for_each_line(whole_lines(text.substr(text.size() - evidence_tail)), read);
    }
    return evidence.place();
}

std::optional<std::string> classify_builtin(std::string_view text) {
    if (starts_with(text, lost_lease)) return std::string(lost_lease_class);
    if (starts_with(text, not_dispatched)) return std::string(not_dispatched_class);
    const Builtin &rules = builtin();
    if (!rules.usable) return std::nullopt;
    // Most texts have no evidence of anything transient: one pass, and nothing is copied.
    if (!rules.evidence.matches(text)) return std::nullopt;
    int place = evidence_in(text, rules);
    if (place == no_match) return std::nullopt;
    int stop = rules.stops.first_match(text);
    if (stop == failed) return std::nullopt;
    if (stop != no_match && rules.stop_places[stop] < place) return std::nullopt;
    return rules.rules[place].failure_class;
}

std::optional<std::string> class_of(const FailureRule &rule) {
    if (rule.failure_class.empty()) return std::nullopt;
    return rule.failure_class;
}

std::string what_is_wrong(const RE2 &compiled) {
    const std::string &where = compiled.error_arg();
    if (compiled.error_code() == RE2::ErrorPatternTooLarge)
        return core::format("it comes to more than {} instructions", max_pattern_size);
    for (const char *lookaround : {"(?=", "(?!", "(?<"})
        if (starts_with(where, lookaround)) return "lookahead and lookbehind are not supported: " + where;
    if (where.size() == 2 && where[0] == '\\' && where[1] >= '1' && where[1] <= '9')
        return "backreferences are not supported: " + where;
    return compiled.error();
}

int size_of(const std::string &pattern, TextEncoding encoding) {
    return RE2(pattern, options_for(encoding)).ProgramSize();
}

int size_of(const std::vector<FailureRule> &rules, TextEncoding encoding) {
    int size = 0;
    for (const FailureRule &rule : rules) size += size_of(rule.pattern, encoding);
    return size;
}

}  // namespace

std::optional<std::string> pattern_error(const std::string &pattern, TextEncoding encoding) {
    if (pattern.empty()) return "it is empty";
    if (pattern.size() > max_pattern_bytes)
        return core::format("it has {} bytes and may have {}", pattern.size(), max_pattern_bytes);
    RE2 compiled(pattern, options_for(encoding));
    if (!compiled.ok()) return what_is_wrong(compiled);
    if (compiled.ProgramSize() > max_pattern_size)
        return core::format("it comes to {} instructions and may come to {}", compiled.ProgramSize(),
                            max_pattern_size);
    PatternSet alone(encoding);
    if (!fill(alone, {{pattern, ""}})) return "it needs too much memory";
    return std::nullopt;
}

std::optional<std::string> rules_error(const std::vector<FailureRule> &rules, TextEncoding encoding) {
    if (rules.size() > max_failure_rules)
        return core::format("there are {} rules and there may be {}", rules.size(), max_failure_rules);
    for (std::size_t i = 0; i < rules.size(); i++)
        if (auto error = pattern_error(rules[i].pattern, encoding))
            return core::format("rule {}: {}", i + 1, *error);
    int size = size_of(rules, encoding);
    if (size > max_rules_size)
        return core::format("they come to {} instructions together and may come to {}", size, max_rules_size);
    PatternSet together(encoding);
    if (!fill(together, rules)) return "they need too much memory together";
    return std::nullopt;
}

std::string seen_part(std::string_view text, std::size_t limit) {
    std::size_t head = seen_head(limit);
    std::string part(text.substr(0, head - 1));
    part.push_back('\n');
    part.append(text.substr(text.size() - (limit - head)));
    return part;
}

// Linear isn't fast enough by itself: a list made to hurt visits each of its instructions for each byte, some
// 4 ns a time, and can't be interrupted.  This many visits are allowed; up to 512 instructions, which is a
// few dozen ordinary rules, the whole of what is seen is looked at.
constexpr std::size_t max_visits = 512 * max_seen_text;

struct Classifier::Own {
    Own(const std::vector<FailureRule> &own, TextEncoding encoding) : rules(own), set(encoding) {
        if (rules.empty()) return;
        usable = !rules_error(rules, encoding) && fill(set, rules);
        if (usable) limit = std::min(max_seen_text, max_visits / size_of(rules, encoding));
    }

    int first_match(std::string_view text) const {
        if (rules.empty()) return no_match;
        return text.size() <= limit ? set.first_match(text) : set.first_match(seen_part(text, limit));
    }

    std::vector<FailureRule> rules;
    PatternSet set;
    std::size_t limit = max_seen_text;
    bool usable = true;
};

Classifier::Classifier(const std::vector<FailureRule> &own, TextEncoding encoding)
    : own_(std::make_unique<Own>(own, encoding)) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier &&) noexcept = default;
Classifier &Classifier::operator=(Classifier &&) noexcept = default;

std::optional<std::string> Classifier::classify(std::string_view text) const {
    if (!own_->usable) return std::nullopt;
    if (text.size() > max_seen_text) return classify(seen_part(text));
    int found = own_->first_match(text);
    if (found == failed) return std::nullopt;
    return found == no_match ? classify_builtin(text) : class_of(own_->rules[found]);
}

}  // namespace retry_ledger::core
