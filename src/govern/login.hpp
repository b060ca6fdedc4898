// Two roles, and yet one person: a superuser becomes any role without logging in anew.  What tells apart who
// asks and who approves is the role that the session logged in with, which no SET changes.
#pragma once

#include "core/refusal.hpp"
#include "pg/text.hpp"

namespace retry_ledger::govern {

// For the evidence of a request: the login's role, by name for readers and by OID, which a rename keeps.
core::Evidence login_evidence();

// Whether this session logged in with the role that a request's evidence has as `login_oid`; no if it has
// none.
bool is_login(const std::optional<std::string> &login_oid);

}  // namespace retry_ledger::govern
