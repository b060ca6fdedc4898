#include "work/enqueue.hpp"

#include <unordered_map>

#include "core/json.hpp"
#include "work/payload.hpp"

namespace retry_ledger::work {

namespace {

using govern::Governed;

Gather *gathering = nullptr;  // the innermost one

// One row of work_item, in its columns' order.
class ItemRow {
public:
    static constexpr int columns = 24;
    Datum values[columns] = {};
    bool nulls[columns] = {};

    void text(const std::optional<std::string> &value) {
        add(value ? pg::text_datum(*value) : Datum(0), !value);
    }
    void integer(int value) { add(Int32GetDatum(value), false); }
    void bigint(int64 value) {
        add(pg::pg_call([&] { return Int64GetDatum(value); }), false);
    }
    void time(const std::optional<TimestampTz> &value) {
        add(TimestampTzGetDatum(value.value_or(0)), !value);
    }
    void add(Datum value, bool null) {
        values[next_] = value;
        nulls[next_++] = null;
    }
    void fill_with_nulls() {
        while (next_ < columns) add(Datum(0), true);
    }

private:
    int next_ = 0;
};

bool is_due(const Job &job) {
    return !job.not_before || *job.not_before <= GetCurrentTimestamp();
}

void insert_item(Oid relation, const Governed &table, std::string_view run_table, const Job &job,
                 const Source &source) {
    bool run_itself = run_table == table.table_name.view();
    ItemRow row;
    row.text(job.job_id);
    row.text(std::string(run_table));
    row.text(job.run_key);
    row.text(run_itself ? std::nullopt : std::optional(table.table_name.string()));
    bool one_row = !job.row_key.empty() && !(run_itself && job.row_key == job.run_key);
    row.text(one_row ? std::optional(job.row_key) : std::nullopt);
    row.text(std::string(kind_of(source.attempt)));
    row.text(table.work->name);
    row.text(source.tenant);
    row.integer(source.attempt);
    row.integer(source.priority.value_or(table.work->priority));
    row.time(job.not_before);
    row.add(pg::input_datum(JSONBOID, -1, source.payload), false);
    row.text(std::string(is_due(job) ? "queued" : "scheduled"));
    row.bigint(0);
    row.text(std::nullopt);  // worker
    row.time(std::nullopt);  // lease_until
    row.time(std::nullopt);  // deadline
    row.integer(0);
    row.time(GetCurrentTimestamp());
    row.fill_with_nulls();
    pg::insert_row(relation, row.values, row.nulls);
}

}  // namespace

Job job_of_run(const std::string &key, const std::optional<TimestampTz> &not_before) {
    return {key, run_job_id(key), key, std::nullopt, std::nullopt, not_before, std::nullopt, std::nullopt};
}

// No id of a run has ":file:" in it then, and a file's first one ends its run's.
std::string run_job_id(const std::string &run_key) {
    constexpr std::string_view mark = ":file";
    std::string id = run_key;
    for (size_t at = id.find(mark); at != std::string::npos; at = id.find(mark, at)) {
        at += mark.size();
        id.insert(at, 1, '%');
    }
    return id;
}

std::string file_job_id(const std::string &run_key, const std::string &file_index) {
    return core::format("{}:file:{}", run_job_id(run_key), file_index);
}

// Items are inserted in the order of the jobs: work of the same priority is claimed in that order.
void enqueue(const pg::Home &home, Governed &table, std::string_view run_table,
             const std::vector<Job> &jobs) {
    if (jobs.empty()) return;
    std::vector<Source> sources = read_sources(table, jobs);
    std::unordered_map<std::string, const Source *> by_key;
    for (const Source &source : sources) by_key.emplace(source.key, &source);
    Oid relation = pg::own_relation(home, "work_item");
    bool due = false;
    {
        pg::KeepOpen items(relation);
        for (const Job &job : jobs) {
            insert_item(relation, table, run_table, job, *by_key.at(job.row_key));
            due = due || is_due(job);
        }
    }
    if (due && table.work->notify)
        pg::pg_call([&] { Async_Notify("retry_ledger_work", table.work->name.c_str()); });
}

namespace {

std::string batch_member(const Job &job, const Source &source) {
    return core::to_json({{"file_id", job.row_key},
                          {"file_index", core::Json{job.file_index.value_or("null")}},
                          {"payload", core::Json{source.payload}}});
}

// As the extension's owner.  False if the run has no work that waits.
bool join_batch(const pg::Home &home, std::string_view run_table, const std::string &run_key,
                const std::string &members) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    return !pg::write_latest(
                core::format("UPDATE {}.work_item SET payload = jsonb_set(payload, '{{files}}',"
                             " (payload -> 'files') || $3) WHERE job_id = $1 AND run_table = $2"
                             " AND state IN ('queued', 'scheduled') RETURNING 1",
                             pg::schema_name(home)),
                {pg::text_param(run_job_id(run_key)), pg::text_param(run_table), pg::jsonb_param(members)})
                .empty();
}

}  // namespace

void enqueue_batch(const pg::Home &home, Governed &files, std::string_view run_table,
                   const std::vector<Job> &jobs) {
    std::vector<Source> sources = read_sources(files, jobs);
    std::unordered_map<std::string, const Source *> by_key;
    for (const Source &source : sources) by_key.emplace(source.key, &source);
    std::string members;
    for (const Job &job : jobs)
        members += (members.empty() ? "" : ", ") + batch_member(job, *by_key.at(job.row_key));
    const std::string &run_key = jobs.front().run_key;
    members = "[" + members + "]";
    if (join_batch(home, run_table, run_key, members)) return;
    Source whole = sources.front();
    whole.payload = core::to_json({{"run_id", run_key},
                                   {"kind", std::string(kind_of(whole.attempt))},
                                   {"attempt", std::int64_t{whole.attempt}},
                                   {"files", core::Json{members}}});
    Job job = job_of_run(run_key, jobs.front().not_before);
    job.row_key.clear();
    insert_item(pg::own_relation(home, "work_item"), files, run_table, job, whole);
    if (is_due(job) && files.work->notify)
        pg::pg_call([&] { Async_Notify("retry_ledger_work", files.work->name.c_str()); });
}

void run_born(const pg::Home &home, Governed &table, const std::string &key, bool is_retry,
              const std::optional<TimestampTz> &not_before, const std::optional<core::Resume> &resume) {
    if (!is_dispatched(table, is_retry)) return;
    Job job = job_of_run(key, not_before);
    job.resume = resume;
    for (Gather *gather = gathering; gather != nullptr; gather = gather->outer_)
        if (gather->table_.root == table.root && gather->within_ == GetCurrentSubTransactionId()) {
            gather->jobs_.push_back(std::move(job));
            return;
        }
    enqueue(home, table, table.table_name.view(), {job});
}

Gather::Gather(Governed &table) : table_(table), within_(GetCurrentSubTransactionId()), outer_(gathering) {
    gathering = this;
}

Gather::~Gather() {
    gathering = outer_;
}

void Gather::flush(const pg::Home &home) {
    std::vector<Job> jobs;
    jobs.swap(jobs_);
    enqueue(home, table_, table_.table_name.view(), jobs);
}

std::optional<std::string> dispatch_id(const Governed &table, const std::string &retry_key) {
    if (!is_dispatched(table, true)) return std::nullopt;
    return run_job_id(retry_key);
}

}  // namespace retry_ledger::work
