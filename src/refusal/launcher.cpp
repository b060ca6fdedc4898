// The launcher: sees to it that each database with something to write has a writer.
#include "refusal/queue.hpp"
#include "refusal/workers.hpp"

namespace retry_ledger::refusal {

namespace {

// While something waits that has no writer (there was no room for one, or it has failed), look again.
constexpr long look_again_ms = 500;

// A database whose DROP was interrupted can't be connected to any more, only dropped.
bool exists(Oid database) {
    return pg::pg_call([&] {
        StartTransactionCommand();
        HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));
        bool found = false;
        if (HeapTupleIsValid(tuple)) {
            found =
                reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple))->datconnlimit != DATCONNLIMIT_INVALID_DB;
            ReleaseSysCache(tuple);
        }
        CommitTransactionCommand();
        return found;
    });
}

void start_writers() {
    for (Oid database : databases_without_writer()) {
        if (!exists(database))
            discard(database);
        else if (reserve_writer(database) && !start_writer(database))
            give_up_writer(database);
    }
}

void leave(int, Datum) {
    (void)pg::entry([]() -> Datum {
        launcher_left();
        return Datum(0);
    });
}

// Connected to no database: it sees the shared catalogs, and keeps no database from being dropped.
[[noreturn]] void launch() {
    pg::pg_call([] {
        pqsignal(SIGHUP, SignalHandlerForConfigReload);
        pqsignal(SIGTERM, die);
        BackgroundWorkerUnblockSignals();
        before_shmem_exit(leave, Datum(0));
        BackgroundWorkerInitializeConnection(nullptr, nullptr, 0);
    });
    launcher_began();
    for (;;) {
        start_writers();
        (void)wait_for_work(counts().waiting > 0 ? look_again_ms : -1);
    }
}

}  // namespace

}  // namespace retry_ledger::refusal

extern "C" {
PGDLLEXPORT void retry_ledger_launcher_main(Datum);
}

void retry_ledger_launcher_main(Datum) {
    (void)retry_ledger::pg::entry([]() -> Datum { retry_ledger::refusal::launch(); });
}
