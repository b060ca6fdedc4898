// A writer: puts what waits for its database on the ledger, and leaves when nothing more comes.
//
// It holds no lock and no snapshot between two batches, and stays for a moment only: DROP DATABASE, which
// waits for up to five seconds until nobody else is in the database, always finds it gone.
#include "core/json.hpp"
#include "pg/spi.hpp"
#include "refusal/queue.hpp"
#include "refusal/workers.hpp"
#include "retry/refused.hpp"

namespace retry_ledger::refusal {

namespace {

constexpr size_t most_at_once = 64;
constexpr long stays_ms = 1000;

// However much there is to do: then databases that wait for its place have a turn, the longest waiting first.
constexpr int64 leaves_after_us = 5000000;

std::optional<std::string> optional(const char *text) {
    if (text[0] == '\0') return std::nullopt;
    return std::string(text);
}

// Nothing if the database hasn't got the extension, or not any more.
std::optional<pg::Home> find_home() {
    pg::PinnedSearchPath path;
    pg::SpiScope spi;
    pg::Rows rows = pg::run("SELECT extnamespace, extowner FROM pg_extension WHERE extname = 'retry_ledger'");
    if (rows.empty()) return std::nullopt;
    return pg::Home{static_cast<Oid>(rows.integer(0, 1)), static_cast<Oid>(rows.integer(0, 2))};
}

core::Evidence circumstances(const Waiting &refusal) {
    const char *sqlstate = pg::pg_call([&] { return unpack_sql_state(refusal.sqlstate); });
    core::Evidence more = {{"sqlstate", std::string(sqlstate)},
                           {"raised_at", pg::iso_time(refusal.refused_at)},
                           {"pid", std::int64_t{refusal.pid}}};
    if (refusal.transaction_id != 0)
        more.push_back({"transaction_id", std::to_string(refusal.transaction_id)});
    if (auto constraint = optional(refusal.constraint)) more.push_back({"constraint", *constraint});
    return more;
}

// What was cut is no JSON any more.  What couldn't be written is tried again as text: jsonb doesn't take all
// that is JSON.
core::Value detail_of(const Waiting &refusal) {
    if (refusal.is_cut || refusal.tries > 1) return std::string(refusal.detail);
    return core::Json{refusal.detail[0] != '\0' ? refusal.detail : "{}"};
}

void write(const pg::Home &home, const Waiting &refusal) {
    ledger::Who who{refusal.session_role, refusal.acting_role, optional(refusal.application_name),
                    optional(refusal.claimed_actor)};
    retry::RefusedCall call;
    call.function = refusal.function;
    call.run_table = optional(refusal.run_table);
    call.run_key = optional(refusal.run_key);
    call.tenant = optional(refusal.tenant);
    call.request_id = optional(refusal.request_id);
    if (refusal.has_policy) call.policy_hash = refusal.policy_hash;
    call.more = circumstances(refusal);
    call.who = &who;
    retry::keep_refusal(home, call, refusal.message, detail_of(refusal));
}

void begin() {
    pg::pg_call([] {
        SetCurrentStatementStartTimestamp();
        StartTransactionCommand();
        PushActiveSnapshot(GetTransactionSnapshot());
        pgstat_report_activity(STATE_RUNNING, "writing refusals to the ledger");
    });
}

void commit() {
    pg::pg_call([] {
        PopActiveSnapshot();
        CommitTransactionCommand();
        (void)pgstat_report_stat(true);
        pgstat_report_activity(STATE_IDLE, nullptr);
    });
}

// False: there is no ledger.
bool write(const std::vector<Waiting> &refusals) {
    begin();
    std::optional<pg::Home> home = find_home();
    if (home) {
        pg::AsRole owner(home->owner);
        for (const Waiting &refusal : refusals) write(*home, refusal);
    }
    commit();
    return home.has_value();
}

void log_given_up(const std::vector<Waiting> &refusals) {
    for (const Waiting &refusal : refusals)
        pg::pg_call([&] {
            ereport(LOG, (errmsg("a refusal could not be written to the ledger: %s", refusal.message),
                          errdetail("It was raised to %s (%s), backend %d.", refusal.session_role,
                                    refusal.acting_role, refusal.pid)));
        });
}

void leave(int code, Datum database) {
    (void)pg::entry([&]() -> Datum {
        writer_left(DatumGetObjectId(database), code == 0);
        return Datum(0);
    });
}

// Whatever is set for the database or for all roles.  Its commits wait for no other server: nobody waits for
// them either.  Waiting for a lock or for long would otherwise count as a try that has failed.
void pin_settings() {
    constexpr const char *settings[][2] = {{"default_transaction_read_only", "off"},
                                           {"default_transaction_deferrable", "off"},
                                           {"default_transaction_isolation", "read committed"},
                                           {"synchronous_commit", "local"},
                                           {"lock_timeout", "0"},
                                           {"transaction_timeout", "0"}};
    for (auto &[name, value] : settings)  // transaction_timeout is of 17 and newer
        if (GetConfigOption(name, true, false) != nullptr)
            SetConfigOption(name, value, PGC_SUSET, PGC_S_OVERRIDE);
}

void connect(Oid database) {
    pg::pg_call([&] {
        before_shmem_exit(leave, ObjectIdGetDatum(database));
        BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, BGWORKER_BYPASS_ALLOWCONN);
        pin_settings();
    });
}

void write_until_idle(Oid database) {
    TimestampTz leaves_at = GetCurrentTimestamp() + leaves_after_us;
    while (GetCurrentTimestamp() < leaves_at) {
        Batch batch = next_batch(database, most_at_once);
        log_given_up(batch.given_up);
        if (batch.refusals.empty()) {
            if (!wait_for_work(stays_ms)) return;
            continue;
        }
        if (write(batch.refusals))
            remove_written(batch.refusals);
        else
            discard(database);
        pg::pg_call([] { CHECK_FOR_INTERRUPTS(); });
    }
}

void write_refusals(Oid database) {
    pg::pg_call([] {
        pqsignal(SIGHUP, SignalHandlerForConfigReload);
        pqsignal(SIGTERM, die);
        BackgroundWorkerUnblockSignals();
    });
    if (!writer_began(database)) return;
    connect(database);
    write_until_idle(database);
}

}  // namespace

}  // namespace retry_ledger::refusal

extern "C" {
PGDLLEXPORT void retry_ledger_writer_main(Datum);
}

void retry_ledger_writer_main(Datum database) {
    (void)retry_ledger::pg::entry([&]() -> Datum {
        retry_ledger::refusal::write_refusals(DatumGetObjectId(database));
        return Datum(0);
    });
    proc_exit(0);
}
