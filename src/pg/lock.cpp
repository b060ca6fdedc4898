#include "pg/lock.hpp"

namespace retry_ledger::pg {

namespace {

LOCKTAG tag_of(const Home &home, const std::string &name) {
    auto *bytes = reinterpret_cast<const unsigned char *>(name.data());
    uint64 hash = hash_bytes_extended(bytes, static_cast<int>(name.size()), home.schema);
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, static_cast<uint32>(hash >> 32), static_cast<uint32>(hash), 3);
    return tag;
}

// A lock that the transaction owns rather than a statement or a savepoint of it, so that any later statement
// can give it back.
template <class F>
void as_transaction(F &&body) {
    ResourceOwner owner = CurrentResourceOwner;
    CurrentResourceOwner = TopTransactionResourceOwner;
    try {
        pg_call(body);
    } catch (...) {
        CurrentResourceOwner = owner;
        throw;
    }
    CurrentResourceOwner = owner;
}

}  // namespace

void lock_name(const Home &home, const std::string &name) {
    LOCKTAG tag = tag_of(home, name);
    pg_call([&] {
        (void)LockAcquire(&tag, ExclusiveLock, false, false);
        AcceptInvalidationMessages();
    });
}

int lock_number(std::string_view key) {
    auto *bytes = reinterpret_cast<const unsigned char *>(key.data());
    return static_cast<int>(hash_bytes_extended(bytes, static_cast<int>(key.size()), 0) % 512);
}

void lock_name_to_the_end(const Home &home, const std::string &name) {
    LOCKTAG tag = tag_of(home, name);
    as_transaction([&] { (void)LockAcquire(&tag, ExclusiveLock, false, false); });
}

bool holds_name(const Home &home, const std::string &name) {
    LOCKTAG tag = tag_of(home, name);
    return pg_call([&] { return compat::holds_lock(tag, ExclusiveLock); });
}

void lock_name_shared(const Home &home, const std::string &name) {
    LOCKTAG tag = tag_of(home, name);
    as_transaction([&] { (void)LockAcquire(&tag, ShareLock, false, false); });
}

void unlock_shared(const Home &home, const std::string &name) {
    LOCKTAG tag = tag_of(home, name);
    as_transaction([&] {
        while (compat::holds_lock(tag, ShareLock)) (void)LockRelease(&tag, ShareLock, false);
    });
}

}  // namespace retry_ledger::pg
