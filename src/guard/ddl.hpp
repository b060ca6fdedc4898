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

// Runs one command of ours, which the guards of DDL let pass: on tables that are being governed or released,
// and on new partitions.
void run_our_ddl(const std::string &command);

// Whether this command, unless it runs within one of ours, is that one.
bool our_ddl_is_due(const Node *statement);

}  // namespace retry_ledger::guard
