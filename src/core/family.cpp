#include "core/family.hpp"

#include "core/format.hpp"

#include <unordered_map>

namespace retry_ledger::core {

namespace {

using Children = std::unordered_map<std::string, std::vector<size_t>>;

bool has_visible_parent(const FamilyMember &member, const std::unordered_map<std::string, bool> &visible) {
    if (!member.parent) return false;
    auto parent = visible.find(*member.parent);
    return parent != visible.end() && parent->second;
}

// Depth first without recursion: a chain may be longer than the stack is deep.
class Walk {
public:
    explicit Walk(const std::vector<FamilyMember> &family) : family_(family), seen_(family.size()) {
        for (size_t i = 0; i < family.size(); i++)
            if (family[i].visible && family[i].parent) children_[*family[i].parent].push_back(i);
    }

    void from(size_t root) {
        std::vector<Place> waiting = {{root, 0, {}}};
        while (!waiting.empty()) {
            Place place = std::move(waiting.back());
            waiting.pop_back();
            if (seen_[place.member]) continue;
            seen_[place.member] = true;
            push_children(place, waiting);
            order_.push_back(std::move(place));
        }
    }

    bool seen(size_t member) const { return seen_[member]; }
    std::vector<Place> take() { return std::move(order_); }

private:
    void push_children(const Place &place, std::vector<Place> &waiting) {
        auto children = children_.find(family_[place.member].key);
        if (children == children_.end()) return;
        for (size_t i = children->second.size(); i-- > 0;) {
            Place child{children->second[i], place.depth + 1, place.last};
            if (child.last.size() == drawn_depth) child.last.erase(child.last.begin());
            child.last.push_back(i + 1 == children->second.size());
            waiting.push_back(std::move(child));
        }
    }

    const std::vector<FamilyMember> &family_;
    Children children_;
    std::vector<bool> seen_;
    std::vector<Place> order_;
};

}  // namespace

std::vector<Place> reading_order(const std::vector<FamilyMember> &family) {
    std::unordered_map<std::string, bool> visible;
    for (const FamilyMember &member : family) visible[member.key] = member.visible;

    Walk walk(family);
    for (size_t i = 0; i < family.size(); i++)
        if (family[i].visible && !has_visible_parent(family[i], visible)) walk.from(i);
    // What is left stands in a cycle.
    for (size_t i = 0; i < family.size(); i++)
        if (family[i].visible && !walk.seen(i)) walk.from(i);
    return walk.take();
}

std::optional<size_t> current_member(const std::vector<FamilyMember> &family) {
    std::unordered_map<std::string, size_t> live_child;
    std::optional<size_t> current;
    for (size_t i = 0; i < family.size(); i++) {
        if (!family[i].parent) {
            if (!current) current = i;
        } else if (family[i].live) {
            live_child[*family[i].parent] = i;
        }
    }
    if (!current) return current;
    // At most one step for each member: a cycle can't be reached from a root, each run has one parent.
    for (size_t step = 0; step < family.size(); step++) {
        auto next = live_child.find(family[*current].key);
        if (next == live_child.end()) break;
        current = next->second;
    }
    return current;
}

std::string branches(const Place &place, Drawing drawing) {
    struct Pieces {
        const char *through, *none, *fork, *end, *more;
    };
    static constexpr Pieces box = {"│  ", "   ", "├─ ", "└─ ", "…  "};
    static constexpr Pieces ascii = {"|  ", "   ", "|- ", "`- ", ".. "};
    const Pieces &pieces = drawing == Drawing::box ? box : ascii;
    std::string out = static_cast<size_t>(place.depth) > place.last.size() ? pieces.more : "";
    for (size_t i = 0; i < place.last.size(); i++) {
        bool own = i + 1 == place.last.size();
        if (own)
            out += place.last[i] ? pieces.end : pieces.fork;
        else
            out += place.last[i] ? pieces.none : pieces.through;
    }
    return out;
}

std::string describe(const RunLine &run) {
    std::string out = format("{}  attempt {}  {}", run.key, run.attempt, run.status);
    if (!run.error.empty()) out += ": " + run.error;
    if (!run.reason.empty()) out += format("  ({} by {}, {})", run.reason, run.actor, run.when);
    if (run.is_void) out += "  void";
    if (run.is_current) out += "  <- current";
    return out;
}

}  // namespace retry_ledger::core
