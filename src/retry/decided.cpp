// A hash table in a context of its own below the transaction's: PostgreSQL frees it at commit and abort.  A
// decision whose row was never inserted (ON CONFLICT DO NOTHING, a trigger that returned NULL, a rolled back
// savepoint) stays until then and harms nothing: the next INSERT with that parent decides anew.
#include "retry/decided.hpp"

namespace retry_ledger::retry {

namespace {

struct Key {
    Oid root;
    uint32 unused;
    uint64 first, second;
};

struct Text {
    char *data;
    int size;
};

struct Slot {
    Key key;
    bool by_function;
    int attempt;
    Text parent_key, parent_status, reason, parent_error, tenant, content_hash;
};

MemoryContext context = nullptr;
HTAB *decisions = nullptr;

Key key_of(Oid root, const std::string &parent_key) {
    auto *bytes = reinterpret_cast<const unsigned char *>(parent_key.data());
    int size = static_cast<int>(parent_key.size());
    Key key = {root, 0, hash_bytes_extended(bytes, size, 0),
               hash_bytes_extended(bytes, size, 0x9e3779b97f4a7c15)};
    return key;
}

Text *texts(Slot &slot) {
    return &slot.parent_key;
}
constexpr int text_count = 6;

void free_texts(Slot &slot) {
    for (int i = 0; i < text_count; i++)
        if (texts(slot)[i].data != nullptr) pfree(texts(slot)[i].data);
}

void make_table() {
    context =
        AllocSetContextCreate(TopTransactionContext, "retry_ledger decided retries", ALLOCSET_DEFAULT_SIZES);
    HASHCTL control = {};
    control.keysize = sizeof(Key);
    control.entrysize = sizeof(Slot);
    control.hcxt = context;
    decisions =
        hash_create("retry_ledger decided retries", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

// Compared whole: a hash may collide, a key may not.
Slot *find(Oid root, const std::string &parent_key) {
    if (decisions == nullptr) return nullptr;
    Key key = key_of(root, parent_key);
    auto *slot =
        static_cast<Slot *>(pg::pg_call([&] { return hash_search(decisions, &key, HASH_FIND, nullptr); }));
    if (slot == nullptr || std::string_view(slot->parent_key.data, slot->parent_key.size) != parent_key)
        return nullptr;
    return slot;
}

Decided read(const Slot &slot) {
    auto optional = [](const Text &text) -> std::optional<std::string> {
        if (text.data == nullptr) return std::nullopt;
        return std::string(text.data, text.size);
    };
    Decided decided;
    decided.parent_key = *optional(slot.parent_key);
    decided.parent_status = *optional(slot.parent_status);
    decided.reason = *optional(slot.reason);
    decided.content_hash = *optional(slot.content_hash);
    decided.parent_error = optional(slot.parent_error);
    decided.tenant = optional(slot.tenant);
    decided.attempt = slot.attempt;
    return decided;
}

void forget_all(XactEvent event, void *) {
    if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE) return;
    context = nullptr;
    decisions = nullptr;
}

}  // namespace

void remember(Oid root, const Decided &decided, By by) {
    Key key = key_of(root, decided.parent_key);
    const std::string *values[text_count] = {&decided.parent_key,
                                             &decided.parent_status,
                                             &decided.reason,
                                             decided.parent_error ? &*decided.parent_error : nullptr,
                                             decided.tenant ? &*decided.tenant : nullptr,
                                             &decided.content_hash};
    pg::pg_call([&] {
        if (decisions == nullptr) make_table();
        bool found;
        auto *slot = static_cast<Slot *>(hash_search(decisions, &key, HASH_ENTER, &found));
        if (found) free_texts(*slot);
        memset(texts(*slot), 0, sizeof(Text) * text_count);
        slot->by_function = by == By::function;
        slot->attempt = decided.attempt;
        for (int i = 0; i < text_count; i++) {
            if (values[i] == nullptr) continue;
            int size = static_cast<int>(values[i]->size());
            auto *copy = static_cast<char *>(MemoryContextAlloc(context, size + 1));
            memcpy(copy, values[i]->data(), size);
            texts(*slot)[i] = {copy, size};
        }
    });
}

std::optional<Decided> adopt_from_function(Oid root, const std::string &parent_key) {
    Slot *slot = find(root, parent_key);
    if (slot == nullptr || !slot->by_function) return std::nullopt;
    slot->by_function = false;
    return read(*slot);
}

std::optional<Decided> take(Oid root, const std::string &parent_key) {
    Slot *slot = find(root, parent_key);
    if (slot == nullptr) return std::nullopt;
    Decided decided = read(*slot);
    pg::pg_call([&] {
        free_texts(*slot);
        hash_search(decisions, &slot->key, HASH_REMOVE, nullptr);
    });
    return decided;
}

FunctionDecision::~FunctionDecision() {
    // Only flips a flag: a destructor that runs while an error passes must not raise.
    if (decisions == nullptr) return;
    Key key = key_of(root_, key_);
    auto *slot = static_cast<Slot *>(hash_search(decisions, &key, HASH_FIND, nullptr));
    if (slot != nullptr) slot->by_function = false;
}

void watch_transactions() {
    RegisterXactCallback(forget_all, nullptr);
}

}  // namespace retry_ledger::retry
