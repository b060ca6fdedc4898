// The one change of an ended run that its guard lets pass: named columns of one row become NULL, while
// approve_redaction holds this object.  It is C++ for the time of one statement; nothing that a session can
// set or call makes one.
#pragma once

#include "guard/row.hpp"

namespace retry_ledger::guard {

struct Redaction {
    Oid root;
    std::string key;
    std::vector<std::string> columns;  // that become NULL
    // Generated from them, by expressions that last.  They are the same for all that runs meanwhile, which
    // may be a trigger of the application that changes the row once more.
    std::vector<std::string> derived;
};

class Redacting {
public:
    explicit Redacting(const Redaction &redaction);
    ~Redacting();
    Redacting(const Redacting &) = delete;

private:
    const Redaction *outer_;
};

// Whether this change is that, and nothing else.
bool is_redaction(const govern::Governed &table, const Row &before, const Row &after);

}  // namespace retry_ledger::guard
