// What work carries, read from the application's tables as the governed table's owner.
#pragma once

#include "work/enqueue.hpp"

namespace retry_ledger::work {

struct Source {
    std::string key;
    std::optional<std::string> tenant, original;
    int attempt = 1;
    std::optional<int> priority;
    std::string payload;  // JSON
};

// In no particular order.  Raises if one of the rows can't be seen by the table's owner.
std::vector<Source> read_sources(govern::Governed &table, const std::vector<Job> &jobs);

constexpr const char *kind_of(int attempt) {
    return attempt > 1 ? "retry" : "run";
}

}  // namespace retry_ledger::work
