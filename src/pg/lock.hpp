// Locks of ours by name, held until the transaction ends.
#pragma once

#include "pg/own_table.hpp"

namespace retry_ledger::pg {

// Waits until no other transaction holds the lock of this name, and takes notice of what it has changed.
// Shown by pg_locks as an advisory lock with objsubid 3, which no SQL function takes: an application's own
// advisory locks never meet it.
void lock_name(const Home &home, const std::string &name);

// Of a lock for a key that shares it with some others, so that no table has more than 512.
int lock_number(std::string_view key);

// The same, and rolling back to a savepoint doesn't give it back.
void lock_name_to_the_end(const Home &home, const std::string &name);
bool holds_name(const Home &home, const std::string &name);

// The same, but many transactions may hold it so at once; given back as often as it was taken by
// unlock_shared, or when the transaction ends, savepoints aside.
void lock_name_shared(const Home &home, const std::string &name);
void unlock_shared(const Home &home, const std::string &name);

}  // namespace retry_ledger::pg
