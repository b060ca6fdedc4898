#include "pg/lock.hpp"

namespace retry_ledger::pg {

void lock_name(const Home &home, const std::string &name) {
    auto *bytes = reinterpret_cast<const unsigned char *>(name.data());
    uint64 hash = hash_bytes_extended(bytes, static_cast<int>(name.size()), home.schema);
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, static_cast<uint32>(hash >> 32), static_cast<uint32>(hash), 3);
    pg_call([&] { (void)LockAcquire(&tag, ExclusiveLock, false, false); });
}

}  // namespace retry_ledger::pg
