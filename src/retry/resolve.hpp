// Which run a caller means: table, key, tenant.
#pragma once

#include "core/keys.hpp"
#include "core/refusal.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::retry {

struct RunReference {
    govern::GovernedRef table;
    Datum key = 0;
    std::string text;  // the key as the caller wrote it
};

// The table is the one named, or the only one in which the id can be found, of those that the caller may
// read; if some of these are the caller's own, a superuser's or the extension's owner's, only they count.
// Nothing of the others runs as the caller, and none that can't be read at the moment is passed over. Refuses
// INVALID_RUN_ID,
// INVALID_RUN_TABLE, NOT_ALLOWED (no privilege on the table named) and RUN_NOT_FOUND.
RunReference resolve_run(const pg::Home &home, const std::optional<std::string> &run_id, Oid run_table);

// The key that `text` denotes, or a refusal with `token`.  Of a domain, the CHECKs of the table's owner don't
// run: they would as whoever asks.
Datum parse_key(const govern::Governed &table, const std::string &text, core::Token token);

// Refuses INVALID_NEW_RUN_ID for what no row of the table can have for a key.
void check_new_key(const govern::Governed &table, const std::string &text);

// A governed run table, or INVALID_RUN_TABLE.
govern::GovernedRef require_run_table(const pg::Home &home, Oid run_table);

// Where the caller names no table: whether it is one that nobody can have made whom the caller needn't trust,
// its own, a superuser's or one of the extension's owner.
bool is_trusted(const pg::Home &home, const govern::Governed &table);

core::KeyType key_type(const govern::Governed &table);

bool has_privilege(const govern::Governed &table, AclMode mode);
bool may_select(const govern::Governed &table);

// Whether row level security chooses which rows of the table the caller sees.
bool sees_by_policy(const govern::Governed &table);

// Refuses NOT_ALLOWED if the caller lacks a privilege on the table, before any row is looked at.  `list` is
// "SELECT" or "SELECT, INSERT".
void require_privileges(const govern::Governed &table, const char *list);

// Refuses INVALID_TENANT: a tenant where there is none, or none where one is required.
void check_tenant_argument(const govern::Governed &table, const std::optional<std::string> &tenant);

}  // namespace retry_ledger::retry
