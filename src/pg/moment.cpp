#include "pg/moment.hpp"

#include "pg/error.hpp"

namespace retry_ledger::pg {

namespace {

int trigger_depth() {
    return DatumGetInt32(pg_call([] { return DirectFunctionCall1(pg_trigger_depth, Datum(0)); }));
}

}  // namespace

Moment Moment::now() {
    Moment moment;
    moment.subtransaction_ = GetCurrentSubTransactionId();
    // Used up, so that whatever statement comes next is a later command.
    moment.command_ = pg_call([] { return GetCurrentCommandId(true); });
    moment.trigger_depth_ = trigger_depth();
    moment.role_ = GetUserId();
    return moment;
}

bool Moment::is_of_statement(CommandId written_by) const {
    return subtransaction_ == GetCurrentSubTransactionId() && written_by <= command_ &&
           trigger_depth_ == trigger_depth() && role_ == GetUserId();
}

bool Moment::is_one_trigger_ago() const {
    return subtransaction_ == GetCurrentSubTransactionId() && trigger_depth_ + 1 == trigger_depth();
}

}  // namespace retry_ledger::pg
