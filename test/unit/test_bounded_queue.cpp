// The queue that lies in shared memory.
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include "core/bounded_queue.hpp"

using retry_ledger::core::BoundedQueue;

namespace {

using Queue = BoundedQueue<int>;

// A block of just the size that a queue asks for, and where it may not write any more: after it.
class Block {
public:
    explicit Block(int capacity) : size_(Queue::bytes(capacity)), bytes_(new std::max_align_t[units() + 1]) {
        std::memset(static_cast<void *>(bytes_.get()), 0x5a, (units() + 1) * sizeof(std::max_align_t));
        queue().init(capacity);
    }
    Queue &queue() { return *reinterpret_cast<Queue *>(bytes_.get()); }
    bool is_kept() const {
        auto *bytes = reinterpret_cast<const unsigned char *>(bytes_.get());
        for (size_t i = size_; i < (units() + 1) * sizeof(std::max_align_t); i++)
            if (bytes[i] != 0x5a) return false;
        return true;
    }

private:
    size_t units() const { return (size_ + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t); }
    size_t size_;
    std::unique_ptr<std::max_align_t[]> bytes_;
};

std::vector<int> items(Queue &queue) {
    std::vector<int> items;
    queue.each([&](int item) {
        items.push_back(item);
        return true;
    });
    return items;
}

}  // namespace

TEST(BoundedQueue, KeepsTheOrderAndRefusesWhatDoesNotFit) {
    Block block(3);
    for (int i = 1; i <= 3; i++) EXPECT_TRUE(block.queue().push(i));
    EXPECT_FALSE(block.queue().push(4));
    EXPECT_EQ(items(block.queue()), (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(block.queue().size(), 3);
    EXPECT_TRUE(block.is_kept());
}

TEST(BoundedQueue, ItemsLeaveFromAnywhere) {
    Block block(4);
    for (int i = 1; i <= 4; i++) block.queue().push(i);
    EXPECT_EQ(block.queue().remove_if([](int item) { return item % 2 == 0; }), 2);
    EXPECT_EQ(items(block.queue()), (std::vector<int>{1, 3}));
    EXPECT_TRUE(block.queue().push(5));  // behind 3, though 4 was the last
    EXPECT_TRUE(block.queue().push(6));
    EXPECT_FALSE(block.queue().push(7));
    EXPECT_EQ(items(block.queue()), (std::vector<int>{1, 3, 5, 6}));
    EXPECT_EQ(block.queue().remove_if([](int) { return true; }), 4);
    EXPECT_EQ(block.queue().size(), 0);
    EXPECT_TRUE(block.queue().push(8));
    EXPECT_EQ(items(block.queue()), (std::vector<int>{8}));
}

TEST(BoundedQueue, AVisitCanEndEarlyAndChangeItems) {
    Block block(3);
    for (int i = 1; i <= 3; i++) block.queue().push(i);
    int visited = 0;
    block.queue().each([&](int &item) {
        item *= 10;
        return ++visited < 2;
    });
    EXPECT_EQ(items(block.queue()), (std::vector<int>{10, 20, 3}));
}

TEST(BoundedQueue, OfNothingTakesNothing) {
    Block block(0);
    EXPECT_FALSE(block.queue().push(1));
    EXPECT_EQ(block.queue().remove_if([](int) { return true; }), 0);
    EXPECT_TRUE(items(block.queue()).empty());
    EXPECT_TRUE(block.is_kept());
}

// Against a deque, over random pushes and removals.
TEST(BoundedQueue, DoesWhatADequeDoes) {
    std::mt19937 random(7);
    Block block(16);
    std::deque<int> expected;
    for (int i = 0; i < 20000; i++) {
        if (random() % 3 != 0) {
            bool fits = expected.size() < 16;
            if (fits) expected.push_back(i);
            ASSERT_EQ(block.queue().push(i), fits);
        } else {
            int divisor = 1 + static_cast<int>(random() % 4), rest = static_cast<int>(random() % 4);
            auto leaves = [=](int item) { return item % divisor == rest; };
            int before = static_cast<int>(expected.size());
            for (auto item = expected.begin(); item != expected.end();)
                item = leaves(*item) ? expected.erase(item) : item + 1;
            ASSERT_EQ(block.queue().remove_if(leaves), before - static_cast<int>(expected.size()));
        }
        ASSERT_EQ(items(block.queue()), std::vector<int>(expected.begin(), expected.end()));
        ASSERT_EQ(block.queue().size(), static_cast<int>(expected.size()));
    }
    EXPECT_TRUE(block.is_kept());
}
