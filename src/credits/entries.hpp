// The table credit_entry: reading grants as their newest entries leave them, and adding entries.
//
// Read by index, row by row, rather than by SQL: a charge is part of a retry's birth and must stay cheap next
// to it.  Everything committed by now is seen, and all that our own transaction has written, this command's
// rows too (SnapshotSelf): no other snapshot is right where the isolation level mustn't matter, and rows that
// are never updated have no versions to mix up.
#pragma once

#include "core/credits.hpp"
#include "pg/own_table.hpp"
#include "pg/text.hpp"

namespace retry_ledger::credits {

enum class Kind { grant, charge, refund, lapse };

struct Entry {
    std::string id;  // 16 bytes, as all ids here
    std::optional<std::string> tenant;
    Kind kind = Kind::grant;
    std::string grant_id;
    core::Source source = core::Source::monthly;
    int seq = 0;
    std::int64_t amount = 0, before = 0, after = 0;
    std::int64_t valid_from = 0;
    std::optional<std::int64_t> expires_at;
    std::string charge_id, refund_of;  // empty: none
    std::optional<std::string> run_table, run_key, reason;
};

// The grants of a tenant of which something is left, in the order in which they came, expired ones too.
std::vector<core::Grant> grants_of(const pg::Home &home, const std::optional<std::string> &tenant);

// A grant as its newest entry leaves it.
std::optional<core::Grant> newest(const pg::Home &home, const std::string &grant_id);

// One entry of a grant.
std::optional<Entry> entry_at(const pg::Home &home, const std::string &grant_id, int seq);
std::optional<Entry> entry_by_id(const pg::Home &home, const std::string &id);

// Charges and refunds of a retry, in the order in which they were written.
std::vector<Entry> entries_of_run(const pg::Home &home, const std::string &run_table,
                                  const std::string &run_key);

// The entry in a row of the table.
Entry entry_in(TupleDesc descriptor, HeapTuple row);

// Its id is made here, unless it is a grant's.
void add(const pg::Home &home, const Entry &entry);

std::string new_id();
std::string id_text(const std::string &id);

}  // namespace retry_ledger::credits
