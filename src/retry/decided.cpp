// A map that belongs to a memory context below the transaction's: PostgreSQL resets that at commit and abort,
// and the map goes with it.  A decision whose row was never inserted (ON CONFLICT DO NOTHING, a trigger that
// returned NULL, a rolled back savepoint) stays until then and harms nothing: the next INSERT with that
// parent decides anew.
#include "retry/decided.hpp"

#include <unordered_map>

namespace retry_ledger::retry {

namespace {

struct Kept {
    Decided decided;
    bool by_function;
};

using Decisions = std::unordered_map<std::string, Kept>;

Decisions *decisions = nullptr;

std::string key_of(Oid root, const std::string &parent_key) {
    return std::to_string(root) + ' ' + parent_key;
}

void forget_all(void *) {
    delete decisions;
    decisions = nullptr;
}

Decisions &table() {
    if (decisions != nullptr) return *decisions;
    auto made = std::make_unique<Decisions>();
    pg::pg_call([] {
        MemoryContext context = AllocSetContextCreate(TopTransactionContext, "retry_ledger decided retries",
                                                      ALLOCSET_SMALL_SIZES);
        auto *callback = static_cast<MemoryContextCallback *>(
            MemoryContextAllocZero(context, sizeof(MemoryContextCallback)));
        callback->func = forget_all;
        MemoryContextRegisterResetCallback(context, callback);
    });
    decisions = made.release();
    return *decisions;
}

Kept *find(Oid root, const std::string &parent_key) {
    if (decisions == nullptr) return nullptr;
    auto found = decisions->find(key_of(root, parent_key));
    return found == decisions->end() ? nullptr : &found->second;
}

}  // namespace

void remember(Oid root, Decided decided, By by) {
    std::string key = key_of(root, decided.parent_key);
    table().insert_or_assign(std::move(key), Kept{std::move(decided), by == By::function});
}

const Decided *adopt_from_function(Oid root, const std::string &parent_key) {
    Kept *kept = find(root, parent_key);
    if (kept == nullptr || !kept->by_function) return nullptr;
    kept->by_function = false;
    return &kept->decided;
}

std::optional<Decided> take(Oid root, const std::string &parent_key) {
    if (decisions == nullptr) return std::nullopt;
    auto found = decisions->find(key_of(root, parent_key));
    if (found == decisions->end()) return std::nullopt;
    Decided decided = std::move(found->second.decided);
    decisions->erase(found);
    return decided;
}

FunctionDecisions::~FunctionDecisions() {
    if (decisions == nullptr) return;
    for (const std::string &key : keys_) {
        auto found = decisions->find(key);
        if (found != decisions->end()) found->second.by_function = false;
    }
}

void FunctionDecisions::add(Oid root, Decided decided) {
    keys_.push_back(key_of(root, decided.parent_key));
    remember(root, std::move(decided), By::function);
}

}  // namespace retry_ledger::retry
