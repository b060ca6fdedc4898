// Lineage as it was found in a table: who retries whom, whether it goes in circles, how deep it is.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace retry_ledger::core {

// Each run has at most one parent, so the graph is a forest, or else it has circles.
class Lineage {
public:
    // Each child once.  A parent that is nobody's child is an original.
    void add(const std::string &child, const std::string &parent);

    // Up to `limit` runs that are their own ancestors, in the order in which they were added.
    std::vector<std::string> in_circles(size_t limit) const;

    // 1 for an original, 2 for its retry, and so on.  Only where there are no circles.
    int depth(const std::string &run) const;

    size_t size() const { return edges_; }

private:
    using Node = std::uint32_t;
    static constexpr Node none = UINT32_MAX;

    Node node(const std::string &name);

    std::unordered_map<std::string, Node> nodes_;
    std::vector<const std::string *> names_;  // keys of nodes_: they don't move
    std::vector<Node> parent_;
    mutable std::vector<int> depth_;
    size_t edges_ = 0;
};

}  // namespace retry_ledger::core
