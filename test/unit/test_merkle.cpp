// The Merkle root against RFC 6962's own, recursive definition, with a hash that can't collide.
#include <gtest/gtest.h>

#include "core/merkle.hpp"

using namespace retry_ledger::core;

namespace {

std::string readable(const std::string &bytes) {
    std::string inner;
    for (char c : bytes)
        inner += c == '\0' ? std::string("L") : c == '\1' ? std::string("N") : std::string(1, c);
    return "[" + inner + "]";
}

// MTH(D[n]) of RFC 6962, section 2.1.
std::string defined(const std::vector<std::string> &leaves) {
    if (leaves.empty()) return readable("");
    if (leaves.size() == 1) return readable(std::string(1, '\0') + leaves[0]);
    size_t k = 1;
    while (k * 2 < leaves.size()) k *= 2;
    return readable('\1' + defined({leaves.begin(), leaves.begin() + k}) +
                    defined({leaves.begin() + k, leaves.end()}));
}

}  // namespace

TEST(Merkle, Small) {
    MerkleRoot tree(readable);
    EXPECT_EQ(tree.root(), "[]");
    tree.add("a");
    EXPECT_EQ(tree.root(), "[La]");
    tree.add("b");
    EXPECT_EQ(tree.root(), "[N[La][Lb]]");
    tree.add("c");
    EXPECT_EQ(tree.root(), "[N[N[La][Lb]][Lc]]");
    EXPECT_EQ(tree.count(), 3);
}

TEST(Merkle, AsDefinedForEverySize) {
    MerkleRoot tree(readable);
    std::vector<std::string> leaves;
    for (int n = 0; n < 130; n++) {
        EXPECT_EQ(tree.root(), defined(leaves)) << n;
        leaves.push_back(std::to_string(n));
        tree.add(leaves.back());
    }
}
