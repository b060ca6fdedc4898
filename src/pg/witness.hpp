// Who is told of a refusal in the moment in which it becomes an ERROR.
//
// Every refusal of the contract (SQLSTATE PTxyz or 23R01) passes one place on its way out of C++: the end of
// the entry that it was thrown in.  There it is told once, before the transaction that knows it is undone.
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::pg {

// What isn't known is nullptr.
struct RaisedRefusal {
    int sqlstate;
    const char *function;  // the SQL function or trigger function
    const char *message, *detail, *constraint;
    const char *run_table, *run_key, *tenant, *request_id;
    const char *policy_hash;  // 32 bytes
};

using RefusalWitness = void (*)(const RaisedRefusal &refusal) noexcept;

// For the life of the process; at first there is none.
void set_refusal_witness(RefusalWitness witness);

// For the time of a scope that is a subtransaction of ours: whatever is raised at its depth comes back to us,
// who record it, try again or raise it once more.  Nobody is told of it.  What an application's code catches
// in a deeper subtransaction is told.
class CatchingRefusals {
public:
    CatchingRefusals();
    ~CatchingRefusals();
    CatchingRefusals(const CatchingRefusals &) = delete;

private:
    int outer_;
};

}  // namespace retry_ledger::pg
