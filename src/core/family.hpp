// A run and its retries as a tree: in which order they are read, how deep each stands, how a line of it
// looks.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace retry_ledger::core {

// One run of a family.  Siblings are told in the order in which they were asked for.
struct FamilyMember {
    std::string key;
    std::optional<std::string> parent;
    bool live = true;     // as a retry: neither void nor an older sibling that another one has displaced
    bool visible = true;  // to whoever asks
};

struct Place {
    size_t member;           // index into the family
    int depth;               // 0: the first run that the asker can see
    std::vector<bool> last;  // for each depth above 0, the innermost `drawn_depth`: no sibling follows there
};
constexpr size_t drawn_depth = 64;  // a line that shows all of a long chain's would be as long as the chain

// The visible members, parents before children, each branch to its end.  A member whose parent can't be seen
// stands at depth 0.  Ends also if the links form a cycle (an application's own data may).
std::vector<Place> reading_order(const std::vector<FamilyMember> &family);

// The run that stands for the work now: the end of the chain of live retries.  None if there is no root.
std::optional<size_t> current_member(const std::vector<FamilyMember> &family);

enum class Drawing { box, ascii };
std::string branches(const Place &place, Drawing drawing);

struct RunLine {
    std::string key;
    int attempt = 1;
    std::string status;
    std::string error;                // one line, short
    std::string reason, actor, when;  // of a retry; empty for a run that is none
    bool is_void = false, is_current = false;
};
std::string describe(const RunLine &run);

}  // namespace retry_ledger::core
