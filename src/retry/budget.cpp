// Budgets are counted twice: when a retry is decided, and when it has its link.  A statement decides all of
// its rows before the first of them has one, and a trigger may make retries in between.
//
// Only the first count of a transaction reads the table.  The tenant's lock keeps others from adding to it,
// and what we add is counted here; what time or a void takes away is noticed when the budget seems used up.
#include "retry/budget.hpp"

#include <unordered_map>

#include "pg/lock.hpp"
#include "pg/transaction.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;
using Tenant = std::optional<std::string>;

struct Spent {
    std::int64_t window;
    int retries;  // no fewer than there are, as long as the lock is held
    SubTransactionId counted_in;
};

// By table and tenant.  Whoever takes the lock counts anew: it may have been lost with a savepoint.  So may a
// void that was counted in one.
pg::TransactionLocal<std::unordered_map<std::string, Spent>> spent;

std::string lock_name(const Governed &table, const Tenant &tenant) {
    return core::format("budget {} {}", table.table_name.view(), tenant.value_or(""));
}

std::string place(const Governed &table, const Tenant &tenant) {
    return (tenant ? "=" : "-") + lock_name(table, tenant);
}

// Links of this very statement too, which makes it one that writes.
int count(const pg::Home &home, const Governed &table, const Tenant &tenant, int most) {
    pg::AsRole owner(home.owner);
    pg::Rows rows = pg::write_latest(
        core::format("SELECT count(*)::int FROM (SELECT FROM {}.retry WHERE run_table = $1 AND tenant {} AND"
                     " retried_at > clock_timestamp() - $3 * interval '1 microsecond' AND claims"
                     " AND voided_at IS NULL LIMIT $4) spent",
                     pg::schema_name(home), tenant ? "= $2" : "IS NULL AND $2::text IS NULL"),
        {pg::text_param(table.table_name.view()),
         pg::text_param(tenant),
         {INT8OID, pg::pg_call([&] { return Int64GetDatum(table.policy->tenant_window); })},
         pg::int_param(most)});
    return static_cast<int>(rows.integer(0, 1));
}

int lock_and_count(const pg::Home &home, const Governed &table, const Tenant &tenant, int most) {
    spent.get().erase(place(table, tenant));
    pg::lock_name(home, lock_name(table, tenant));
    int retries = count(home, table, tenant, most);
    if (retries < most)
        spent.get().insert_or_assign(
            place(table, tenant), Spent{table.policy->tenant_window, retries, GetCurrentSubTransactionId()});
    return retries;
}

Spent *find_spent(const pg::Home &home, const Governed &table, const Tenant &tenant) {
    auto *all = spent.find();
    if (all == nullptr || !pg::holds_name(home, lock_name(table, tenant))) return nullptr;
    auto found = all->find(place(table, tenant));
    bool fits = found != all->end() && found->second.window == table.policy->tenant_window &&
                SubTransactionIsActive(found->second.counted_in);
    return fits ? &found->second : nullptr;
}

core::Refusal one_too_many(const Governed &table, const Decided &decided) {
    core::Question question;
    question.run.key = decided.parent_key;
    question.run.table = table.table_name.string();
    question.tenant = decided.tenant;
    return core::tenant_budget_exhausted(question, *table.policy);
}

}  // namespace

int tenant_retries(const pg::Home &home, const Governed &table, const Tenant &tenant, Purpose purpose) {
    int most = *table.policy->retries_per_tenant;
    return purpose == Purpose::plan ? count(home, table, tenant, most)
                                    : lock_and_count(home, table, tenant, most);
}

void spend_budget(const pg::Home &home, const Governed &table, const Decided &decided) {
    if (!table.policy->retries_per_tenant) return;
    int budget = *table.policy->retries_per_tenant;
    Spent *known = find_spent(home, table, decided.tenant);
    if (known != nullptr && known->retries < budget) {
        known->retries++;
        return;
    }
    pg::SpiScope spi;
    if (lock_and_count(home, table, decided.tenant, budget + 1) > budget)
        throw pg::to_error(one_too_many(table, decided));
}

}  // namespace retry_ledger::retry
