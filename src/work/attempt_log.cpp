#include "work/attempt_log.hpp"

#include "core/statuses.hpp"
#include "pg/settings.hpp"

namespace retry_ledger::work {

namespace {

std::string ids_of(const Item &item) {
    return core::format("{} {} of {}, job {}, attempt {}, delivery {}, worker {}, fence {}{}", item.kind,
                        item.run_key, item.run_table, item.job_id, item.attempt, item.deliveries,
                        item.worker.value_or(""), item.fence,
                        item.tenant ? core::format(", tenant {}", *item.tenant) : "");
}

void log(const std::string &line) {
    pg::pg_call([&] { ereport(LOG, (errmsg("%s", line.c_str()), errhidestmt(true))); });
}

}  // namespace

void log_start(const Item &item) {
    if (pg::logs_attempts()) log(core::format("work started: {}", ids_of(item)));
}

void log_end(const Item &item, const std::string &how) {
    if (!pg::logs_attempts()) return;
    double seconds =
        item.claimed_at ? static_cast<double>(GetCurrentTimestamp() - *item.claimed_at) / 1e6 : 0;
    log(core::format("work {} as {} after {:.3f} s: {}", core::is_success(how) ? "ended" : "failed", how,
                     seconds, ids_of(item)));
}

}  // namespace retry_ledger::work
