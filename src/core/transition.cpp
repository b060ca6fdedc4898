#include "core/transition.hpp"

#include <algorithm>
#include <unordered_map>

namespace retry_ledger::core {

namespace {

bool contains(const std::vector<std::string> &list, const std::string &item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

// Back from the target, by where each status was reached from.
std::vector<std::string> traced(const std::string &from, std::string at,
                                const std::unordered_map<std::string, std::string> &reached_from) {
    std::vector<std::string> way;
    while (at != from) {
        way.insert(way.begin(), at);
        at = reached_from.at(at);
    }
    return way;
}

}  // namespace

// Breadth first: the first target met is the nearest.
std::vector<std::string> way_to(const std::string &from, const std::vector<std::string> &targets,
                                const std::vector<Transition> &declared, bool any) {
    if (any) return targets.empty() ? targets : std::vector<std::string>{targets.front()};
    std::unordered_map<std::string, std::string> reached_from = {{from, from}};
    std::vector<std::string> queue = {from};
    for (size_t i = 0; i < queue.size(); i++) {
        const std::string at = queue[i];
        for (const auto &[start, end] : declared) {
            if (start != at || !reached_from.emplace(end, at).second) continue;
            if (contains(targets, end)) return traced(from, end, reached_from);
            queue.push_back(end);
        }
    }
    return {};
}

std::vector<std::string> straight_sources(const std::string &to, const std::vector<std::string> &statuses,
                                          const std::vector<Transition> &declared, bool any) {
    std::vector<std::string> sources;
    for (const std::string &from : statuses)
        if (from != to &&
            (any || std::find(declared.begin(), declared.end(), Transition{from, to}) != declared.end()))
            sources.push_back(from);
    return sources;
}

}  // namespace retry_ledger::core
