// Writing the ledger, and the hashes that stand on it.
#pragma once

#include "core/merkle.hpp"
#include "core/refusal.hpp"
#include "pg/own_table.hpp"

namespace retry_ledger::ledger {

// Who did it.
struct Who {
    std::string session_role, acting_role;
    std::optional<std::string> application_name, claimed_actor;
};

// Whoever it is that this process works for at this moment.
Who current_who();

// What an entry says; when and in which transaction are added when it is written.
struct Entry {
    std::string action;
    std::optional<std::string> run_table, run_key, tenant;
    std::optional<int> attempt;
    std::optional<std::string> reason_code, prior_status, failure_class;
    const unsigned char *policy_hash = nullptr;  // 32 bytes
    Datum content_hash = 0;                      // bytea, 0: none
    core::Evidence evidence;
    const Who *who = nullptr;  // current_who()
};

// Appends one entry.  The transaction's commit will be flushed whatever synchronous_commit says.
void append(const pg::Home &home, const Entry &entry);

// SHA-256 over the canonical bytes of a row: its stored columns that aren't NULL, by name.  bytea.
Datum content_hash(TupleDesc descriptor, HeapTuple row);

// The digest of many rows, fed in a fixed order: a Merkle root over their content hashes.
class RowDigest {
public:
    RowDigest();
    void add(TupleDesc descriptor, HeapTuple row);
    int64 count() const { return merkle_.count(); }
    std::string hex_root() const;

private:
    core::MerkleRoot merkle_;
};

}  // namespace retry_ledger::ledger
