// What PostgreSQL does for the actions of foreign keys.
#pragma once

#include "pg/spi.hpp"

namespace retry_ledger::pg {

// Acting as the owner of an application's table for the time of a scope, whose triggers find the caller's
// search_path as they would have without us.
class AsTableOwner {
public:
    explicit AsTableOwner(Oid owner) : AsTableOwner(owner, 0) {}
    ~AsTableOwner() { SetUserIdAndSecContext(user_, context_); }
    AsTableOwner(const AsTableOwner &) = delete;

protected:
    AsTableOwner(Oid owner, int restrictions) {
        GetUserIdAndSecContext(&user_, &context_);
        SetUserIdAndSecContext(owner,
                               context_ | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS | restrictions);
    }

private:
    Oid user_;
    int context_;
};

// The same where whoever calls may do more than the owner: what the table's triggers do leaves no cursor, no
// setting and no deferred trigger behind, which would act as the caller later.  Constraints should be
// IMMEDIATE: PostgreSQL refuses to defer here.
class AsTableOwnerRestricted : public AsTableOwner {
public:
    explicit AsTableOwnerRestricted(Oid owner) : AsTableOwner(owner, SECURITY_RESTRICTED_OPERATION) {}

private:
    SwitchedOff theirs_{};  // none of ours: those that are set within go
};

// Reading an application's table for the time of a scope, whoever calls, as a foreign key reads what it
// refers to.  Its CHECKs, indexes and extended statistics may call functions of the owner's, and the planner
// computes them: they get no further than the owner does.
class AsTableReader : public AsRole {
public:
    explicit AsTableReader(Oid owner) : AsRole(owner, SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS) {}
};

}  // namespace retry_ledger::pg
