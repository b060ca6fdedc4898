// What PostgreSQL does for the actions of foreign keys.
#pragma once

#include "pg/spi.hpp"

namespace retry_ledger::pg {

// Acting as the owner of an application's table for the time of a scope, where whoever calls may do more: its
// triggers find the caller's search_path as they would have without us, and leave no cursor, no setting and
// no deferred trigger behind, which would act as the caller later.  Constraints should be IMMEDIATE:
// PostgreSQL refuses to defer here.
class AsTableOwnerRestricted {
public:
    explicit AsTableOwnerRestricted(Oid owner) : owner_(owner) {}

private:
    struct Acting {
        explicit Acting(Oid owner) {
            GetUserIdAndSecContext(&user, &context);
            SetUserIdAndSecContext(owner, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS |
                                              SECURITY_RESTRICTED_OPERATION);
        }
        ~Acting() { SetUserIdAndSecContext(user, context); }
        Acting(const Acting &) = delete;
        Oid user;
        int context;
    };
    Acting owner_;
    SwitchedOff theirs_{};  // none of ours: those that are set within go, and go first
};

// Reading an application's table for the time of a scope, whoever calls, as a foreign key reads what it
// refers to; and ending its runs, where no trigger may find the caller's search_path.  Its CHECKs, indexes
// and extended statistics may call functions of the owner's, and the planner computes them: they get no
// further than the owner does.
class AsTableReader : public AsRole {
public:
    explicit AsTableReader(Oid owner) : AsRole(owner, SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS) {}
};

}  // namespace retry_ledger::pg
