// The rows that a table has when it is adopted: one pass, in the order of their keys as bytes, so that the
// digest is the same wherever it is taken again.
#include "govern/adopt_steps.hpp"

#include <map>

#include "govern/adopt_history.hpp"
#include "ledger/ledger.hpp"
#include "pg/cursor.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

constexpr long batch_rows = 1000;
constexpr size_t named_ids = 5;  // in a refusal

// Stored columns by name, and those that a dry run only imagines.
std::string select_list(const Adopting &a) {
    Names columns;
    for (const ColumnShape &column : a.table.columns)
        if (!column.is_virtual) columns.push_back("t." + pg::quote_ident(column.name));
    for (const NewColumn &column : a.new_columns)
        if (a.table.find(column.name) == nullptr)
            columns.push_back(column.as_selected + " AS " + pg::quote_ident(column.name));
    return join(columns);
}

std::string ordered_query(const Adopting &a, const Names &key) {
    Names order;
    for (const std::string &name : key)
        order.push_back(text_expression("t", a.table.column(name)) + " COLLATE \"C\"");
    return core::format("SELECT {} FROM {} t ORDER BY {}", select_list(a), a.table.qualified, join(order));
}

// Ids that are wrong, the first few by name.
struct Wrong {
    int64 count = 0;
    Names ids;
    void add(std::string id) {
        if (++count <= static_cast<int64>(named_ids)) ids.push_back(std::move(id));
    }
    std::string text() const {
        return join(ids) + (count > static_cast<int64>(ids.size())
                                ? core::format(" and {} more", count - static_cast<int64>(ids.size()))
                                : "");
    }
};

class RunScan {
public:
    explicit RunScan(Adopting &adopting) : a_(adopting), history_(adopting) {}

    Existing scan() {
        pg::Cursor cursor(ordered_query(a_, {*a_.decided.column(Role::key)}));
        pg::TemporaryMemory memory;
        for (pg::Rows rows = cursor.fetch(batch_rows); !rows.empty(); rows = cursor.fetch(batch_rows)) {
            find_positions(rows);
            for (uint64 i = 0; i < rows.size(); i++) look_at(rows, i);
            keep_keys();
            memory.reset();
        }
        history_.finish();
        refuse_wrong();
        result_.rows = digest_.count();
        result_.digest = digest_.hex_root();
        for (const auto &[status, count] : statuses_) result_.by_status.emplace_back(status, count);
        return result_;
    }

    int64 gone() const { return history_.gone(); }

private:
    void find_positions(const pg::Rows &rows) {
        if (key_ != 0) return;
        auto position = [&](Role role) {
            const std::string &name = *a_.decided.column(role);
            return pg::pg_call([&] { return SPI_fnumber(rows.descriptor(), name.c_str()); });
        };
        key_ = position(Role::key);
        status_ = position(Role::status);
        parent_ = position(Role::parent);
        attempt_ = position(Role::attempt);
    }

    void look_at(const pg::Rows &rows, uint64 i) {
        digest_.add(rows.descriptor(), rows.tuple(i));
        history_.meet(rows.string(i, key_), rows.text(i, parent_));
        std::optional<std::string> status = rows.text(i, status_);
        if (status)
            statuses_[*status]++;
        else
            no_status_.add(rows.string(i, key_));
        if (rows.is_null(i, attempt_) || rows.integer(i, attempt_) < a_.decided.attempt_base)
            bad_attempt_.add(rows.string(i, key_));
        if (!rows.is_null(i, parent_)) result_.children++;
        if (a_.decided.own_key_rows) look_at_key(rows.string(i, key_));
    }

    // Equal keys follow each other.
    void look_at_key(std::string key) {
        if (key == last_key_ && digest_.count() > 1)
            duplicate_.add(key);
        else
            keys_.push_back(key);
        last_key_ = std::move(key);
    }

    void keep_keys() {
        if (!a_.request.dry_run && duplicate_.count == 0)
            govern::keep_keys(a_.request.home, a_.table.qualified, keys_);
        keys_.clear();
    }

    void refuse_wrong() {
        const std::string &table = a_.table.qualified;
        if (no_status_.count > 0)
            refuse(Role::status, no_status_, ERRCODE_NOT_NULL_VIOLATION, "rows without a status",
                   core::format("UPDATE {} SET {} = '...' WHERE {} IS NULL.", table, column(Role::status),
                                column(Role::status)));
        if (bad_attempt_.count > 0)
            refuse(
                Role::attempt, bad_attempt_, ERRCODE_CHECK_VIOLATION,
                core::format("rows whose attempt isn't {} or more", a_.decided.attempt_base).c_str(),
                core::format(
                    "The first attempt is {}. Correct them, or have another column counted: ALTER TABLE {} "
                    "ADD COLUMN attempt_counted int NOT NULL DEFAULT 1; {}.",
                    a_.decided.attempt_base, table,
                    a_.request.call_with("attempt_column", "'attempt_counted'")));
        if (duplicate_.count > 0)
            refuse(Role::key, duplicate_, ERRCODE_UNIQUE_VIOLATION, "rows with the same key",
                   "Give each run a key of its own.");
    }

    std::string column(Role role) const { return pg::quote_ident(*a_.decided.column(role)); }

    [[noreturn]] void refuse(Role role, const Wrong &wrong, int sqlstate, const char *what,
                             const std::string &hint) {
        throw refusal(a_.table, sqlstate, core::format("{} has {}", a_.table.qualified, what),
                      core::format("Their keys: {}.", wrong.text()), hint, *a_.decided.column(role));
    }

    Adopting &a_;
    HistoryScan history_;
    Existing result_;
    ledger::RowDigest digest_;
    std::map<std::string, int64> statuses_;
    int key_ = 0, status_ = 0, parent_ = 0, attempt_ = 0;
    Wrong no_status_, bad_attempt_, duplicate_;
    Names keys_;
    std::string last_key_;
};

}  // namespace

Existing scan_runs(Adopting &a) {
    RunScan scan(a);
    Existing existing = scan.scan();
    existing.gone = scan.gone();
    return existing;
}

// Without a primary key the rows have no order, and so no digest.
Existing scan_rows(Adopting &a) {
    Existing existing;
    if (a.history == History::of_its_name) HistoryScan(a).finish();
    if (a.table.primary_key.empty()) {
        pg::Cursor cursor(core::format("SELECT count(*) FROM {}", a.table.qualified));
        existing.rows = cursor.fetch(1).integer(0, 1);
        return existing;
    }
    ledger::RowDigest digest;
    pg::Cursor cursor(ordered_query(a, a.table.primary_key));
    pg::TemporaryMemory memory;
    for (pg::Rows rows = cursor.fetch(batch_rows); !rows.empty(); rows = cursor.fetch(batch_rows)) {
        for (uint64 i = 0; i < rows.size(); i++) digest.add(rows.descriptor(), rows.tuple(i));
        memory.reset();
    }
    existing.rows = digest.count();
    existing.digest = digest.hex_root();
    return existing;
}

}  // namespace retry_ledger::govern
