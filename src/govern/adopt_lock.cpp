// lock_governance: from level guarded to level locked, for good.
#include "govern/adopt_steps.hpp"
#include "govern/governed.hpp"
#include "guard/label.hpp"
#include "guard/lock.hpp"
#include "guard/locked_database.hpp"
#include "ledger/ledger.hpp"

namespace retry_ledger::govern {

namespace {

struct Locking {
    pg::Home home;
    std::string schema;
    TableShape table;
};

Locking start(FunctionCallInfo fcinfo) {
    Locking locking;
    locking.home = pg::home_of(fcinfo->flinfo->fn_oid);
    locking.schema = pg::schema_name(locking.home);
    if (PG_ARGISNULL(0))
        throw pg::Error{
            ERRCODE_NULL_VALUE_NOT_ALLOWED, "run_table must not be NULL", "",
            core::format("Name the table, as in SELECT {}.lock_governance('my_table').", locking.schema)};
    locking.table = read_shape(PG_GETARG_OID(0));
    const TableShape &table = locking.table;
    if (!pg::pg_call([&] { return pg::compat::owns_relation(table.relation, GetUserId()); }))
        throw refusal(table, ERRCODE_INSUFFICIENT_PRIVILEGE,
                      core::format("must be owner of table {}", table.qualified),
                      "Only its owner's roles and superusers lock it.", "Ask one of them.");
    return locking;
}

void check_preload(const Locking &locking) {
    if (guard::is_preloaded()) return;
    throw refusal(
        locking.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        core::format("{} can't be locked: this server doesn't preload retry_ledger", locking.table.qualified),
        "What holds a lock are hooks that every session has from its start.",
        "Add retry_ledger to shared_preload_libraries, restart the server, and call again.");
}

// Under the table's lock, which keeps others from governing or releasing it.
bool read_locked(const Locking &locking) {
    pg::AsRole owner(locking.home.owner);
    pg::Rows row = pg::run_latest(
        core::format("SELECT locked FROM {}.governed_table WHERE run_table = $1", locking.schema),
        {pg::regclass_param(locking.table.relation)});
    if (!row.empty()) return row.boolean(0, 1);
    throw refusal(locking.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                  core::format("{} isn't governed", locking.table.qualified),
                  locking.table.is_partition ? "A partition is locked with its root."
                                             : "Only what is governed can be locked.",
                  core::format("SELECT * FROM {}.governed_tables shows what is.", locking.schema));
}

void record_lock(const Locking &locking) {
    {
        pg::AsRole owner(locking.home.owner);
        pg::write_latest(
            core::format("UPDATE {}.governed_table SET locked = true WHERE run_table = $1", locking.schema),
            {pg::regclass_param(locking.table.relation)});
    }
    ledger::Entry entry;
    entry.action = "locked";
    entry.run_table = locking.table.qualified;
    ledger::append(locking.home, entry);
}

Report lock_governance(FunctionCallInfo fcinfo) {
    Locking locking = start(fcinfo);
    check_preload(locking);
    pg::pg_call([&] {
        LockRelationOid(locking.table.relation, ShareRowExclusiveLock);
        (void)find_all_inheritors(locking.table.relation, ShareRowExclusiveLock, nullptr);
    });
    locking.table = read_shape(locking.table.relation);
    check_parts_last(locking.table);
    const bool was_locked = read_locked(locking);
    Report ddl;
    Work work(ddl, false);
    attach_lock(locking.table, locking.home, work);
    if (!was_locked) record_lock(locking);
    forget_governed(locking.table.relation);
    guard::lock_changed(locking.home);
    guard::end_restore(locking.home);
    guard::label_database(locking.home);
    return {{"lock", was_locked ? "locked already" : "locked",
             core::format("neither the owner of {} nor a superuser gets around its guards through SQL",
                          locking.table.qualified)}};
}

}  // namespace

}  // namespace retry_ledger::govern

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(lock_governance) {
    return pg::entry([&] { return govern::answer(fcinfo, [&] { return govern::lock_governance(fcinfo); }); });
}
