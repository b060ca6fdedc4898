#include "core/merkle.hpp"

namespace retry_ledger::core {

void MerkleRoot::add(const std::string &leaf) {
    count_++;
    Peak peak{0, hash_('\0' + leaf)};
    while (!peaks_.empty() && peaks_.back().height == peak.height) {
        peak = {peak.height + 1, node(peaks_.back().hash, peak.hash)};
        peaks_.pop_back();
    }
    peaks_.push_back(std::move(peak));
}

std::string MerkleRoot::root() const {
    if (peaks_.empty()) return hash_("");
    std::string root = peaks_.back().hash;
    for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) root = node(peak->hash, root);
    return root;
}

}  // namespace retry_ledger::core
