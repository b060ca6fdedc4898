#include "refusal/workers.hpp"

#include "pg/error.hpp"

namespace retry_ledger::refusal {

namespace {

// What launcher and writers have in common.  Neither is started before recovery has ended: a standby can't
// write.  What was refused there waits until it is promoted.
BackgroundWorker worker(const char *type, const char *function) {
    BackgroundWorker worker = {};
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    strlcpy(worker.bgw_name, type, BGW_MAXLEN);
    strlcpy(worker.bgw_type, type, BGW_MAXLEN);
    strlcpy(worker.bgw_library_name, "retry_ledger", BGW_MAXLEN);
    strlcpy(worker.bgw_function_name, function, BGW_MAXLEN);
    return worker;
}

}  // namespace

void register_launcher() {
    BackgroundWorker launcher = worker("retry_ledger launcher", "retry_ledger_launcher_main");
    launcher.bgw_restart_time = 5;
    RegisterBackgroundWorker(&launcher);
}

bool start_writer(Oid database) {
    BackgroundWorker writer = worker("retry_ledger writer", "retry_ledger_writer_main");
    writer.bgw_restart_time = BGW_NEVER_RESTART;
    writer.bgw_main_arg = ObjectIdGetDatum(database);
    return pg::pg_call([&] {
        snprintf(writer.bgw_name, BGW_MAXLEN, "retry_ledger writer for database %u", database);
        return RegisterDynamicBackgroundWorker(&writer, nullptr);
    });
}

bool wait_for_work(long milliseconds) {
    return pg::pg_call([&] {
        int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (milliseconds < 0 ? 0 : WL_TIMEOUT);
        int happened = WaitLatch(MyLatch, events, milliseconds, PG_WAIT_EXTENSION);
        ResetLatch(MyLatch);
        // An idle worker that is told to leave does so without a word.
        if (ProcDiePending) proc_exit(1);
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
            ConfigReloadPending = false;
            ProcessConfigFile(PGC_SIGHUP);
        }
        return (happened & WL_LATCH_SET) != 0;
    });
}

}  // namespace retry_ledger::refusal
