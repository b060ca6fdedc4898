#include "core/lineage.hpp"

namespace retry_ledger::core {

Lineage::Node Lineage::node(const std::string &name) {
    auto [found, is_new] = nodes_.emplace(name, static_cast<Node>(parent_.size()));
    if (is_new) {
        parent_.push_back(none);
        names_.push_back(&found->first);
    }
    return found->second;
}

void Lineage::add(const std::string &child, const std::string &parent) {
    Node from = node(child), to = node(parent);
    parent_[from] = to;
    depth_.clear();
    edges_++;
}

// Each walk goes up until it meets an original, a run that an earlier walk has passed, or itself; so all
// walks together pass each run once, and what a walk meets of itself is a circle.
std::vector<std::string> Lineage::in_circles(size_t limit) const {
    std::vector<Node> walk(parent_.size(), none);
    std::vector<bool> circular(parent_.size(), false);
    for (Node start = 0; start < parent_.size(); start++) {
        Node here = start;
        while (here != none && walk[here] == none) {
            walk[here] = start;
            here = parent_[here];
        }
        if (here == none || walk[here] != start) continue;
        for (; !circular[here]; here = parent_[here]) circular[here] = true;
    }
    std::vector<std::string> result;
    for (Node i = 0; i < parent_.size() && result.size() < limit; i++)
        if (circular[i]) result.push_back(*names_[i]);
    return result;
}

int Lineage::depth(const std::string &run) const {
    auto found = nodes_.find(run);
    if (found == nodes_.end()) return 1;
    if (depth_.empty()) depth_.assign(parent_.size(), 0);
    std::vector<Node> path;
    Node here = found->second;
    for (; here != none && depth_[here] == 0; here = parent_[here]) path.push_back(here);
    int depth = here == none ? 0 : depth_[here];
    for (auto node = path.rbegin(); node != path.rend(); ++node) depth_[*node] = ++depth;
    return depth;
}

}  // namespace retry_ledger::core
