// A map that goes with its transaction.  A decision whose row was never inserted (ON CONFLICT DO NOTHING, a
// trigger that returned NULL, a rolled back savepoint) stays until then and harms nothing: the next INSERT
// with that parent decides anew.
#include "retry/decided.hpp"

#include <unordered_map>

#include "pg/transaction.hpp"

namespace retry_ledger::retry {

namespace {

struct Kept {
    Decided decided;
    bool by_function;
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

void remember(Oid root, Decided decided, By by) {
    std::string key = key_of(root, decided.parent_key);
    decisions.get().insert_or_assign(std::move(key), Kept{std::move(decided), by == By::function});
}

const Decided *adopt_from_function(Oid root, const std::string &parent_key) {
    Kept *kept = find(root, parent_key);
    if (kept == nullptr || !kept->by_function) return nullptr;
    kept->by_function = false;
    return &kept->decided;
}

std::optional<Decided> take(Oid root, const std::string &parent_key) {
    Decisions *kept = decisions.find();
    if (kept == nullptr) return std::nullopt;
    auto found = kept->find(key_of(root, parent_key));
    if (found == kept->end()) return std::nullopt;
    Decided decided = std::move(found->second.decided);
    kept->erase(found);
    return decided;
}

FunctionDecisions::~FunctionDecisions() {
    Decisions *kept = decisions.find();
    if (kept == nullptr) return;
    for (const std::string &key : keys_) {
        auto found = kept->find(key);
        if (found != kept->end()) found->second.by_function = false;
    }
}

void FunctionDecisions::add(Oid root, Decided decided) {
    keys_.push_back(key_of(root, decided.parent_key));
    remember(root, std::move(decided), By::function);
}

}  // namespace retry_ledger::retry
