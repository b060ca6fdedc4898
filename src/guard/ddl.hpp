// The comparison of what governance stands on, before and after a DDL command (essay in ddl.sql).
#pragma once

#include "guard/ddl_command.hpp"
#include "guard/ddl_refusal.hpp"

namespace retry_ledger::guard {

// While it lives, changes to row level security, policies and rules of `table` pass.  One at a time.
class Accepting {
public:
    explicit Accepting(Oid table);
    ~Accepting();
    Accepting(const Accepting &) = delete;
    Accepting &operator=(const Accepting &) = delete;

private:
    Oid outer_;
};

// Whether the next command is DDL that we run ourselves, on tables that are being governed or released.
bool our_ddl_is_due();

}  // namespace retry_ledger::guard
