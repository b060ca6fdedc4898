// Merkle root over a sequence of leaves, RFC 6962 section 2.1, fed one by one in logarithmic memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace retry_ledger::core {

class MerkleRoot {
public:
    using Hash = std::function<std::string(const std::string &)>;  // SHA-256: 32 bytes
    explicit MerkleRoot(Hash hash) : hash_(std::move(hash)) {}

    void add(const std::string &leaf);
    std::int64_t count() const { return count_; }
    std::string root() const;

private:
    struct Peak {
        int height;
        std::string hash;
    };
    std::string node(const std::string &left, const std::string &right) const {
        return hash_('\1' + left + right);
    }

    Hash hash_;
    std::int64_t count_ = 0;
    std::vector<Peak> peaks_;  // of falling height: the perfect subtrees so far
};

}  // namespace retry_ledger::core
