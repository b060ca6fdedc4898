// How the work of one governed table is handed out, as its cached entry has it.
#pragma once

#include <map>

#include "core/payload.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::work {

enum class Dispatch { none, retries, all };

struct Queue {
    std::string name;
    Dispatch dispatch = Dispatch::retries;
    std::optional<std::string> mode;  // of a table of files: file or batch
    core::PayloadTemplate payload;
    std::optional<std::string> payload_function, check_function;  // as SQL calls them
    int priority = 0;
    std::optional<std::string> priority_column;
    std::int64_t lease = 60000000;        // microseconds
    std::optional<std::int64_t> timeout;  // microseconds
    int max_deliveries = 1;
    std::optional<std::string> start_status;  // none: a claim leaves the row alone
    std::string timeout_status, interrupted_status;
    std::optional<std::string> started_column, finished_column;
    bool notify = true;

    // Kept plans on the application's table, made at their first use (source.cpp, rows.cpp).
    SPIPlanPtr select_source = nullptr, select_sources = nullptr, select_statuses = nullptr;
    std::map<std::string, SPIPlanPtr> updates;  // by what they set

    Queue() = default;
    ~Queue();
    Queue(const Queue &) = delete;
};

// As configured; null if the table has none.  As the extension's owner, within a SpiScope.
Queue *load_queue(const std::string &schema, const govern::Governed &table);

// Whether a row of the table that is born becomes work.
bool is_dispatched(const govern::Governed &table, bool is_retry);

// The table of that name as we keep it, or none if it isn't governed any more.
govern::GovernedRef find_table(const pg::Home &home, const std::string &name);

// The table that a caller means by a name; none if it isn't governed.
govern::GovernedRef find_named_table(const pg::Home &home, const std::string &name);

// Jsonb as a tree.
core::JsonNode json_tree(Datum jsonb);

}  // namespace retry_ledger::work
