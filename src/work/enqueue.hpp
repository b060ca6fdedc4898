// Work for rows that are born.
#pragma once

#include "core/checkpoint.hpp"
#include "work/queue.hpp"

namespace retry_ledger::work {

// One piece of work: which row it settles, and under which id it is handed out.
struct Job {
    std::string row_key;
    std::string job_id;   // run_job_id or file_job_id
    std::string run_key;  // of the run, which a file belongs to
    std::optional<std::string> file_index,
        original_run;  // of a file: the index as JSON, the run that is retried
    std::optional<TimestampTz> not_before;
    std::optional<std::string> run_tenant = std::nullopt;  // where the row itself has none
    std::optional<core::Resume> resume = std::nullopt;     // where a retry goes on
};

// The job of a run.
Job job_of_run(const std::string &key, const std::optional<TimestampTz> &not_before);

// Its key; where that reads like the work of a file it is marked, or one run could have another's id.
std::string run_job_id(const std::string &run_key);

std::string file_job_id(const std::string &run_key, const std::string &file_index);

// Puts rows of `table` that were born in this transaction onto its queue, as one set: retries as 'retry',
// others as 'run'.  `run_table` is the name of the runs' table: the same, unless `table` holds files.
// Notifies listeners at commit if something may be claimed at once.
void enqueue(const pg::Home &home, govern::Governed &table, std::string_view run_table,
             const std::vector<Job> &jobs);

// The same for the files of a run as one piece of work under the run's id (mode batch).  More files of a run
// whose work waits in the queue join it.
void enqueue_batch(const pg::Home &home, govern::Governed &files, std::string_view run_table,
                   const std::vector<Job> &jobs);

// What a guard calls at a birth: enqueues the run, or leaves it to the Gather that is open.
void run_born(const pg::Home &home, govern::Governed &table, const std::string &key, bool is_retry,
              const std::optional<TimestampTz> &not_before, const std::optional<core::Resume> &resume);

// While it lives, runs that are born in its subtransaction are gathered; flush() enqueues them as one set.
// What isn't flushed is dropped: the subtransaction is rolled back then.
class Gather {
public:
    explicit Gather(govern::Governed &table);
    ~Gather();
    Gather(const Gather &) = delete;
    void flush(const pg::Home &home);

private:
    friend void run_born(const pg::Home &, govern::Governed &, const std::string &, bool,
                         const std::optional<TimestampTz> &, const std::optional<core::Resume> &);
    govern::Governed &table_;
    std::vector<Job> jobs_;
    SubTransactionId within_;
    Gather *outer_;
};

// The id under which a retry's work is handed out; none if it isn't.
std::optional<std::string> dispatch_id(const govern::Governed &table, const std::string &retry_key);

}  // namespace retry_ledger::work
