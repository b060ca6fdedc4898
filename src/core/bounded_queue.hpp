// A queue of fixed capacity in one block of memory that several processes share.
//
// Indexes instead of pointers and nothing allocated: the block may lie at any address and is never given
// back. Who uses it locks it.  Items of many owners lie in one queue, so they are also taken from its middle.
#pragma once

#include <cstddef>
#include <type_traits>

namespace retry_ledger::core {

template <class Item>
class alignas(std::max_align_t) BoundedQueue {
    static_assert(std::is_trivially_copyable_v<Item>);

public:
    // Of the block that a queue lies at the beginning of.
    static std::size_t bytes(int capacity) {
        return sizeof(BoundedQueue) + sizeof(Slot) * static_cast<std::size_t>(capacity);
    }

    void init(int capacity) {
        capacity_ = capacity;
        size_ = 0;
        first_ = last_ = none;
        free_ = none;
        for (int i = capacity - 1; i >= 0; i--) release(i);
    }

    int capacity() const { return capacity_; }
    int size() const { return size_; }

    // False: it is full.
    bool push(const Item &item) {
        if (free_ == none) return false;
        int added = free_;
        free_ = slot(added).next;
        slot(added) = {item, none};
        if (last_ == none)
            first_ = added;
        else
            slot(last_).next = added;
        last_ = added;
        size_++;
        return true;
    }

    // Visits the oldest first, until `visit` returns false.
    template <class Visit>
    void each(Visit &&visit) {
        for (int i = first_; i != none; i = slot(i).next)
            if (!visit(slot(i).item)) return;
    }

    // Returns how many were removed.
    template <class Predicate>
    int remove_if(Predicate &&leaves) {
        int before = none, removed = 0;
        for (int i = first_; i != none;) {
            int next = slot(i).next;
            if (leaves(slot(i).item)) {
                (before == none ? first_ : slot(before).next) = next;
                if (last_ == i) last_ = before;
                release(i);
                removed++;
            } else {
                before = i;
            }
            i = next;
        }
        size_ -= removed;
        return removed;
    }

private:
    static constexpr int none = -1;
    struct Slot {
        Item item;
        int next;
    };

    Slot &slot(int index) { return reinterpret_cast<Slot *>(this + 1)[index]; }

    void release(int index) {
        slot(index).next = free_;
        free_ = index;
    }

    int capacity_, size_, first_, last_, free_;
};

}  // namespace retry_ledger::core
