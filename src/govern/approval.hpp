// What takes two roles: one asks, another one approves within the hour.  Shared by the acts that end
// something for good: release, purge, redaction.  No setting stands in for the second role.
//
// What is asked for stands in the configuration, which nobody but the library writes where a table is locked;
// the entry on the ledger is the record of it.
#pragma once

#include "govern/adopt_shape.hpp"
#include "govern/governed.hpp"

namespace retry_ledger::govern {

// The act in words, and the calls that would ask for it and approve it.
struct Act {
    const TableShape &table;
    const char *noun, *verb;  // "release", "release"
    std::string object;       // what it is done to
    std::string ask, approve;
};

// Who asked for it, and when.
struct Asked {
    MaybeText by, session, login_oid;  // login_oid: as login_evidence() has it
    int64 at = 0;
    bool locked = false;  // the table: then it takes two roles of superusers, too
};

// A request that waits for its approval, under the name of what it is about: the newest one counts.
struct Pending {
    Asked asked;
    std::string reason, found;  // `found`: what the request has looked at, as a hash
};
void ask(const pg::Home &home, Oid root, const std::string &what, const std::string &reason,
         const std::string &found);
Pending take_pending(const pg::Home &home, const Governed &table, const std::string &what);

// The role that acts now.
std::string acting_role();

// Raises unless it is a person who calls: the client's own statement calls `function`, and nothing that it
// sets off.  Otherwise one role could ask, or approve, in another one's session.
void check_own_call(const TableShape &table, bool locked, Oid function);

// Raises unless the current role may approve what was asked for.
void check_approval(const Act &act, const Asked &asked);

}  // namespace retry_ledger::govern
