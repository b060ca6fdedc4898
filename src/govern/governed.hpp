// What is governed, as the guards need it: one entry for each relation, partitions included, kept in a memory
// context of its own and dropped when PostgreSQL tells that the relation has changed.
#pragma once

#include "core/policy.hpp"
#include "pg/own_table.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::core {
class Classifier;
}

namespace retry_ledger::work {
struct Queue;
}

namespace retry_ledger::govern {

struct Name {
    const char *data = nullptr;
    int size = 0;
    std::string_view view() const { return {data, static_cast<size_t>(size)}; }
    std::string string() const { return std::string(view()); }
};

struct NameList {
    Name *items = nullptr;
    int count = 0;
    const Name *begin() const { return items; }
    const Name *end() const { return items + count; }
    bool contains(std::string_view name) const;
    std::vector<std::string> strings() const;
};

// A mapped column as it stands in this relation; attnum 0 if the table has none.
struct Column {
    AttrNumber attnum = 0;
    Name name;
    Oid type = InvalidOid, base_type = InvalidOid;
    int32 typmod = -1;
    int16 length = 0;
    bool by_value = false;
    explicit operator bool() const { return attnum != 0; }
};

enum class Kind { runs, files, append_only, write_once };
Kind kind_of(const std::string &name);

struct Governed {
    MemoryContext context;
    int pins;
    bool stale;     // the relation has changed: not for new users
    bool detached;  // no longer in the cache: the last user frees it

    Oid relation, root;
    Kind kind;
    Name table_name, schema, relname;  // of the root; table_name is qualified and quoted
    Name label;
    Column key, status, tenant, parent, attempt, is_retry, error, reason;
    NameList initial, active, ended;
    NameList transitions;  // from, to, from, to, ...; empty: any, as long as `from` hasn't ended
    bool declared_transitions;
    NameList inputs, outcomes, now_columns, once_columns;
    Column *frozen;
    int frozen_count;
    Name new_key, void_status;
    bool require_tenant, own_key_rows;
    bool gone_keys;    // an index keeps its keys unique, and run_key has those of rows that are gone
    bool locked;       // takes writes only where the library is preloaded
    int attempt_base;  // what the first attempt says
    // Of files: the run that each is of and which of its files it is, the table of the runs, what a retry
    // takes up, how a run ends by its files and which of its columns count them.
    Column run, index;
    Oid of_table;
    NameList retry_statuses, success_statuses;
    Name completed_status, partial_status, completed_column, failed_column;
    Oid files;                     // of runs: the table of their files, which says how they end by them
    bool rewritten_before_update;  // this relation has BEFORE UPDATE row triggers: they may change any column

    // The policy in force.
    const core::Policy *policy;  // goes with the context
    const core::Classifier
        *classifier;  // of its failure rules, made at its first use (retry/failure.cpp); likewise
    unsigned char policy_hash[PG_SHA256_DIGEST_LENGTH];
    int policy_version;  // 0: the built-in one

    work::Queue *work;  // how its work is handed out (work/queue.hpp), goes with the context; null: it isn't

    // Kept plans on the application's table, made at their first use (retry/statements.cpp,
    // retry/retry.cpp, history/visible.cpp, files/run_state.cpp, files/retry_files.cpp).
    SPIPlanPtr select_run, insert_retry, insert_keyed_retry, see_run, run_state, has_error;
    SPIPlanPtr look_at_files, insert_files, check_files;

    std::string_view policy_hash_bytes() const {
        return {reinterpret_cast<const char *>(policy_hash), sizeof policy_hash};
    }
    bool declares(std::string_view from, std::string_view to) const;  // as a transition
    std::string ended_list() const;  // "completed/failed", in the order declared
};

// Of a refusal: table, tenant and policy, where it doesn't say so itself.
void add_subject(pg::Error &error, const Governed &table, const std::optional<std::string> &tenant);

// Keeps an entry from being freed while it is in use.
class GovernedRef {
public:
    GovernedRef() = default;
    explicit GovernedRef(Governed *entry) : entry_(entry) { entry_->pins++; }
    GovernedRef(GovernedRef &&other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    GovernedRef &operator=(GovernedRef &&other) noexcept {
        std::swap(entry_, other.entry_);
        return *this;
    }
    ~GovernedRef();
    explicit operator bool() const { return entry_ != nullptr; }
    Governed *operator->() const { return entry_; }
    Governed &operator*() const { return *entry_; }

private:
    Governed *entry_ = nullptr;
};

// The governed table that `relation` is, or is a partition of.  Empty if it isn't governed.
GovernedRef find_governed(const pg::Home &home, Oid relation);

// Until the transaction ends nobody governs the table anew: what is looked up from here on stays.  Whoever
// decides by a table's configuration and writes by the decision asks for it in between.
void hold_configuration(Oid root);

// Grows whenever any cached entry was invalidated: what was copied from one must be looked up again.
uint64 governed_generation();

// All governed run tables (roots), by OID.
std::vector<Oid> governed_run_tables(const pg::Home &home);

// After the configuration or the policy of `root` has changed: every backend looks it up again.
void forget_governed(Oid root);

// Called once, when the library is loaded.
void watch_relations();

}  // namespace retry_ledger::govern
