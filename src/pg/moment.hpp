// When something was found that BEFORE triggers hand on to AFTER triggers.
//
// Between the two other triggers run, which may roll back to a savepoint what it was found from, and may
// suppress the row, so that it stays for whoever comes later.  So it is good for rows of the statement that
// it was found for only.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

class Moment {
public:
    // Now, in a BEFORE trigger.
    static Moment now();

    // For the AFTER trigger of a row that the command `written_by` has written: whether its statement is the
    // one that was under way at this moment, asks as the same role, and nothing was rolled back since.
    bool is_of_statement(CommandId written_by) const;

    // Now, in a trigger: whether it is one of what ran at this moment itself, and not of what such a trigger
    // runs in its turn.
    bool is_one_trigger_ago() const;

private:
    SubTransactionId subtransaction_ = InvalidSubTransactionId;
    CommandId command_ = FirstCommandId;
    int trigger_depth_ = 0;
    Oid role_ = InvalidOid;
};

}  // namespace retry_ledger::pg
