// What PostgreSQL does for the actions of foreign keys.
#pragma once

#include "pg/spi.hpp"

namespace retry_ledger::pg {

// Acting as the owner of an application's table for the time of a scope, whose triggers find the caller's
// search_path as they would have without us.
class AsTableOwner {
public:
    explicit AsTableOwner(Oid owner) {
        GetUserIdAndSecContext(&user_, &context_);
        SetUserIdAndSecContext(owner, context_ | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
    }
    ~AsTableOwner() { SetUserIdAndSecContext(user_, context_); }
    AsTableOwner(const AsTableOwner &) = delete;

private:
    Oid user_;
    int context_;
};

}  // namespace retry_ledger::pg
