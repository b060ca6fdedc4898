// A map that goes with its transaction.  A decision whose row was never inserted (ON CONFLICT DO NOTHING, a
// trigger that returned NULL, a rolled back savepoint) stays until then and is nobody's: each is taken in the
// statement that it was made for, or not at all.
#include "retry/decided.hpp"

#include <unordered_map>

#include "pg/moment.hpp"
#include "pg/transaction.hpp"

namespace retry_ledger::retry {

namespace {

struct Kept {
    Decided decided;
    FunctionDecisions *maker = nullptr;  // none: made by the trigger itself
    bool by_function = false;            // not yet the trigger's
    pg::Moment moment{};                 // from when on it is the trigger's
};

using Decisions = std::unordered_map<std::string, Kept>;

pg::TransactionLocal<Decisions> decisions;

std::string key_of(Oid root, const std::string &parent_key) {
    return std::to_string(root) + ' ' + parent_key;
}

Kept *find(Oid root, const std::string &parent_key) {
    Decisions *kept = decisions.find();
    if (kept == nullptr) return nullptr;
    auto found = kept->find(key_of(root, parent_key));
    return found == kept->end() ? nullptr : &found->second;
}

}  // namespace

void remember(Oid root, Decided decided) {
    std::string key = key_of(root, decided.parent_key);
    decisions.get().insert_or_assign(std::move(key),
                                     Kept{std::move(decided), nullptr, false, pg::Moment::now()});
}

const Decided *adopt_from_function(Oid root, const std::string &parent_key) {
    Kept *kept = find(root, parent_key);
    if (kept == nullptr || !kept->by_function) return nullptr;
    kept->by_function = false;
    kept->moment = pg::Moment::now();
    return &kept->decided;
}

std::optional<Decided> take(Oid root, const std::string &parent_key, const std::string &key,
                            CommandId written_by) {
    Kept *kept = find(root, parent_key);
    if (kept == nullptr || kept->by_function || !kept->moment.is_of_statement(written_by))
        return std::nullopt;
    if (kept->maker != nullptr) kept->maker->taken_.emplace(parent_key, key);
    Decided decided = std::move(kept->decided);
    decisions.get().erase(key_of(root, parent_key));
    return decided;
}

FunctionDecisions::~FunctionDecisions() {
    Decisions *kept = decisions.find();
    if (kept == nullptr) return;
    for (const std::string &key : keys_) {
        auto found = kept->find(key);
        if (found != kept->end() && found->second.maker == this) kept->erase(found);
    }
}

void FunctionDecisions::add(Oid root, Decided decided) {
    std::string key = key_of(root, decided.parent_key);
    keys_.push_back(key);
    decisions.get().insert_or_assign(std::move(key), Kept{std::move(decided), this, true, {}});
}

// A trigger between ours can make them not of one moment, or write a row of the same parent itself.
void FunctionDecisions::require_taken_by(const govern::Governed &table,
                                         const std::map<std::string, std::string> &born) const {
    if (taken_ == born) return;
    throw pg::Error{
        ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
        core::format("a retry in {} wasn't born as it was decided", table.table_name.view()),
        "A BEFORE trigger of the table changes the role or the parent, or writes a retry of the same run.",
        "Let it do that elsewhere, then retry again."};
}

}  // namespace retry_ledger::retry
