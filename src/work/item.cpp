#include "work/item.hpp"

#include <algorithm>

#include "retry/question.hpp"
#include "work/enqueue.hpp"
#include "work/rows.hpp"

namespace retry_ledger::work {

namespace {

#define ITEM_COLUMNS                                                                                        \
    "i.job_id, i.run_table, i.run_key, coalesce(i.row_table, i.run_table), coalesce(i.row_key, i.run_key)," \
    " i.queue, i.kind, i.state, i.tenant, i.worker, i.final_status, i.attempt, i.deliveries, i.fence,"      \
    " i.lease_until, i.deadline, i.claimed_at, i.ctid, i.payload,"                                          \
    " i.row_table IS NOT NULL AND i.row_key IS NULL, i.leased_to,"                                          \
    " coalesce(i.put_off, 0)"

// One after the other, in the order of their ids ($1; of tables $2): two that lock the same don't wait in a
// circle.
#define NAMED_ITEMS                                                           \
    "SELECT x.* FROM ROWS FROM (unnest($1), unnest($2)) k(job_id, run_table)" \
    " CROSS JOIN LATERAL (SELECT " ITEM_COLUMNS                               \
    " FROM {0}.work_item i WHERE i.job_id = k.job_id"                         \
    " AND (k.run_table IS NULL OR i.run_table = k.run_table)"

pg::OwnPlan pick_plan, pick_others_plan, find_plan, lock_plan, lock_many_plan, expired_plan, expired_of_plan,
    lock_expired_plan, lock_own_plan, requeue_plan, extend_plan, due_plan, release_plan, lock_files_plan,
    bucket_plan, write_bucket_plan;

std::optional<TimestampTz> time_in(const pg::Rows &rows, uint64 row, int column) {
    bool null;
    Datum value = rows.value(row, column, &null);
    return null ? std::nullopt : std::optional(DatumGetTimestampTz(value));
}

// The columns of one row, one after the other.  Taken apart at once: to look for each of so many by itself
// takes several times as long.
class Columns {
public:
    Columns(const pg::Rows &rows, uint64 row)
        : values_(rows.descriptor()->natts), nulls_(std::make_unique<bool[]>(values_.size())) {
        HeapTuple tuple = rows.tuple(row);
        TupleDesc descriptor = rows.descriptor();
        pg::pg_call([&] { heap_deform_tuple(tuple, descriptor, values_.data(), nulls_.get()); });
    }

    Datum next() { return values_[next_++]; }
    std::optional<std::string> text() {
        bool null = nulls_[next_];
        Datum value = next();
        if (null) return std::nullopt;
        return std::string(pg::varlena_view(value));
    }
    std::optional<TimestampTz> time() {
        bool null = nulls_[next_];
        Datum value = next();
        return null ? std::nullopt : std::optional(DatumGetTimestampTz(value));
    }

private:
    std::vector<Datum> values_;
    std::unique_ptr<bool[]> nulls_;
    size_t next_ = 0;
};

// In the order of ITEM_COLUMNS.
Item item_in(const pg::Rows &rows, uint64 row) {
    Columns columns(rows, row);
    Item item;
    for (std::string *text : {&item.job_id, &item.run_table, &item.run_key, &item.row_table, &item.row_key,
                              &item.queue, &item.kind, &item.state})
        *text = columns.text().value_or("");
    for (auto *text : {&item.tenant, &item.worker, &item.final_status}) *text = columns.text();
    item.attempt = DatumGetInt32(columns.next());
    item.deliveries = DatumGetInt32(columns.next());
    item.fence = DatumGetInt64(columns.next());
    for (auto *time : {&item.lease_until, &item.deadline, &item.claimed_at}) *time = columns.time();
    item.tid = *reinterpret_cast<ItemPointer>(DatumGetPointer(columns.next()));
    item.payload = columns.next();
    item.batch = DatumGetBool(columns.next());
    if (item.batch) item.row_key = batch_key(item.run_key);
    item.leased_to = columns.text();
    item.put_off = DatumGetInt32(columns.next());
    return item;
}

std::vector<Item> items_in(const pg::Rows &rows) {
    std::vector<Item> items;
    items.reserve(rows.size());
    for (uint64 row = 0; row < rows.size(); row++) items.push_back(item_in(rows, row));
    return items;
}

pg::Param tid_param(const Item &item) {
    return {TIDOID, PointerGetDatum(&item.tid)};
}

[[noreturn]] void refuse_changed() {
    throw pg::Error{ERRCODE_INTERNAL_ERROR, "a locked work item was changed by somebody else"};
}

void check_written(const pg::Rows &rows, size_t expected) {
    if (rows.size() != expected) refuse_changed();
}

// Columns of work_item, from 1.
constexpr AttrNumber queue_column = 7, not_before_column = 11, state_column = 13, fence_column = 14,
                     worker_column = 15, lease_until_column = 16, deadline_column = 17,
                     deliveries_column = 18, claimed_at_column = 20, finished_at_column = 21,
                     final_status_column = 22, leased_to_column = 23, put_off_column = 24;

pg::NewValue new_text(AttrNumber column, const std::optional<std::string> &text) {
    return {column, text ? pg::text_datum(*text) : Datum(0), !text};
}

pg::NewValue new_time(AttrNumber column, const std::optional<TimestampTz> &time) {
    return {column, TimestampTzGetDatum(time.value_or(0)), !time};
}

// Locked items, one after the other, each as a whole: a statement that takes arrays apart and goes by their
// places costs several times as much as what it writes.
class ItemChanges {
public:
    explicit ItemChanges(const pg::Home &home)
        : relation_(pg::own_relation(home, "work_item")), table_(relation_) {}
    // What is read next sees it.
    void done() {
        pg::pg_call([] { CommandCounterIncrement(); });
    }
    void change(const Item &item, const std::vector<pg::NewValue> &values) {
        ItemPointerData version = item.tid;
        if (!pg::change_row(relation_, &version, values)) refuse_changed();
    }

private:
    Oid relation_;
    pg::KeepOpen table_;
};

}  // namespace

pg::Param bigint_param(std::int64_t value) {
    return {INT8OID, pg::pg_call([&] { return Int64GetDatum(value); })};
}

pg::Param time_param(const std::optional<TimestampTz> &time) {
    return {TIMESTAMPTZOID, TimestampTzGetDatum(time.value_or(0)), !time};
}

pg::Param array_param(Oid element, const std::vector<pg::Param> &elements) {
    std::vector<Datum> values;
    auto nulls = std::make_unique<bool[]>(elements.size() + 1);
    for (size_t i = 0; i < elements.size(); i++) {
        values.push_back(elements[i].value);
        nulls[i] = elements[i].null;
    }
    return pg::pg_call([&] {
        int16 length;
        bool by_value;
        char align;
        get_typlenbyvalalign(element, &length, &by_value, &align);
        int count = static_cast<int>(values.size()), bound = 1;
        ArrayType *array = construct_md_array(values.data(), nulls.get(), 1, &count, &bound, element, length,
                                              by_value, align);
        return pg::Param{get_array_type(element), PointerGetDatum(array)};
    });
}

// Of NAMED_ITEMS.
static std::vector<pg::Param> name_params(std::vector<JobName> names) {
    std::sort(names.begin(), names.end(),
              [](const JobName &a, const JobName &b) { return a.job_id < b.job_id; });
    std::vector<pg::Param> ids, tables;
    for (const JobName &name : names) {
        ids.push_back(pg::text_param(name.job_id));
        tables.push_back(pg::text_param(name.run_table));
    }
    return {array_param(TEXTOID, ids), array_param(TEXTOID, tables)};
}

std::vector<Item> pick_items(const pg::Home &home, const std::string &queue, int count,
                             const std::vector<std::string> &passed_over) {
    pg::OwnStatements own(home);
    if (passed_over.empty())
        return items_in(pg::write_latest(
            pg::planned(pick_plan, home,
                        "SELECT " ITEM_COLUMNS
                        " FROM {0}.work_item i WHERE i.queue = $1 AND i.state = 'queued'"
                        " ORDER BY i.priority DESC, i.enqueued_at LIMIT $2 FOR UPDATE OF i SKIP LOCKED",
                        {TEXTOID, INT4OID}),
            {pg::text_param(queue), pg::int_param(count)}));
    return items_in(pg::write_latest(
        pg::planned(pick_others_plan, home,
                    "SELECT " ITEM_COLUMNS " FROM {0}.work_item i WHERE i.queue = $1 AND i.state = 'queued'"
                    " AND (i.tenant = ANY ($3)) IS NOT TRUE"
                    " ORDER BY i.priority DESC, i.enqueued_at LIMIT $2 FOR UPDATE OF i SKIP LOCKED",
                    {TEXTOID, INT4OID, TEXTARRAYOID}),
        {pg::text_param(queue), pg::int_param(count), pg::text_array_param(passed_over)}));
}

void lease_items(const pg::Home &home, std::vector<Item> &items, const std::string &worker) {
    if (items.empty()) return;
    std::string role = retry::current_role();
    pg::pg_call([] { ForceSyncCommit(); });  // a fence that a crash forgets would be handed out twice
    ItemChanges changes(home);
    for (Item &item : items) {
        item.state = "leased";
        item.worker = worker;
        item.leased_to = role;
        item.fence++;
        item.deliveries++;
        if (!item.claimed_at) item.claimed_at = GetCurrentTimestamp();
        changes.change(item, {new_text(state_column, item.state),
                              {fence_column, bigint_param(item.fence).value},
                              new_text(worker_column, item.worker),
                              new_time(lease_until_column, item.lease_until),
                              new_time(deadline_column, item.deadline),
                              {deliveries_column, Int32GetDatum(item.deliveries)},
                              new_time(claimed_at_column, item.claimed_at),
                              new_text(leased_to_column, item.leased_to)});
    }
    changes.done();
}

std::vector<Item> find_expired(const pg::Home &home, const std::string &queue, int count) {
    pg::OwnStatements own(home);
    return items_in(pg::run(
        pg::planned(expired_of_plan, home,
                    "SELECT " ITEM_COLUMNS " FROM {0}.work_item i WHERE i.queue = $3 AND i.state = 'leased'"
                    " AND i.lease_until <= $1 ORDER BY i.lease_until LIMIT $2",
                    {TIMESTAMPTZOID, INT4OID, TEXTOID}),
        {time_param(GetCurrentTimestamp()), pg::int_param(count), pg::text_param(queue)}, pg::See::latest));
}

std::vector<Item> find_all_expired(const pg::Home &home, const std::vector<std::string> &passed_over,
                                   int count) {
    pg::OwnStatements own(home);
    return items_in(
        pg::run(pg::planned(expired_plan, home,
                            "SELECT " ITEM_COLUMNS
                            " FROM {0}.work_item i WHERE i.state = 'leased' AND i.lease_until <= $1"
                            " AND coalesce(i.row_table, i.run_table) <> ALL ($3) LIMIT $2",
                            {TIMESTAMPTZOID, INT4OID, TEXTARRAYOID}),
                {time_param(GetCurrentTimestamp()), pg::int_param(count), pg::text_array_param(passed_over)},
                pg::See::latest));
}

std::vector<Item> lock_expired(const pg::Home &home, const std::vector<Item *> &items) {
    std::vector<JobName> names;
    for (const Item *item : items) names.push_back({item->job_id, item->run_table});
    pg::OwnStatements own(home);
    std::vector<pg::Param> params = name_params(std::move(names));
    params.push_back(time_param(GetCurrentTimestamp()));
    return items_in(pg::write_latest(pg::planned(lock_expired_plan, home,
                                                 NAMED_ITEMS " AND i.state = 'leased' AND i.lease_until <= $3"
                                                             " FOR UPDATE OF i SKIP LOCKED) x",
                                                 {TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID}),
                                     params));
}

void move_items(const pg::Home &home, const std::vector<Item *> &items, const std::string &queue) {
    ItemChanges changes(home);
    for (const Item *item : items) changes.change(*item, {new_text(queue_column, queue)});
    changes.done();
}

void requeue_items(const pg::Home &home, const std::vector<Item *> &items) {
    if (items.empty()) return;
    std::vector<pg::Param> tids;
    for (const Item *item : items) tids.push_back(tid_param(*item));
    pg::OwnStatements own(home);
    check_written(pg::write_latest(pg::planned(requeue_plan, home,
                                               "UPDATE {0}.work_item i SET state = 'queued', worker = NULL,"
                                               " lease_until = NULL, deadline = NULL"
                                               " WHERE i.ctid = ANY ($1) RETURNING 1",
                                               {TIDARRAYOID}),
                                   {array_param(TIDOID, tids)}),
                  items.size());
}

void put_off_item(const pg::Home &home, const Item &item, TimestampTz until) {
    ItemChanges changes(home);
    changes.change(item, {new_text(state_column, std::string("scheduled")),
                          new_time(not_before_column, until),
                          {put_off_column, Int32GetDatum(item.put_off + 1)}});
    changes.done();
}

void extend_item(const pg::Home &home, const Item &item, TimestampTz until) {
    pg::OwnStatements own(home);
    check_written(pg::write_latest(pg::planned(extend_plan, home,
                                               "UPDATE {0}.work_item i SET lease_until = $2 WHERE i.ctid = $1"
                                               " RETURNING 1",
                                               {TIDOID, TIMESTAMPTZOID}),
                                   {tid_param(item), time_param(until)}),
                  1);
}

// Of several tables' limits the one that fills slowest counts.
Due due_of(const pg::Home &home, const std::string &queue) {
    const Oid caller = GetUserId();
    pg::OwnStatements own(home);
    pg::Rows row = pg::run(
        pg::planned(
            due_plan, home,
            "SELECT EXISTS (SELECT FROM {0}.work_item WHERE queue = $1 AND state = 'leased'"
            "  AND lease_until <= $2),"
            " EXISTS (SELECT FROM {0}.work_item WHERE queue = $1 AND state = 'scheduled'"
            "  AND not_before <= $2),"
            " (SELECT ARRAY[rate_limit, rate_window_us] FROM {0}.work_queue WHERE queue = $1"
            "  AND rate_limit IS NOT NULL ORDER BY rate_limit::float8 / rate_window_us LIMIT 1)::text[],"
            " (SELECT ARRAY[tenant_rate_limit, tenant_rate_window_us] FROM {0}.work_queue"
            "  WHERE queue = $1 AND tenant_rate_limit IS NOT NULL"
            "  ORDER BY tenant_rate_limit::float8 / tenant_rate_window_us LIMIT 1)::text[],"
            " (SELECT bool_or(has_any_column_privilege($3, run_table, 'UPDATE'))"
            "  FROM {0}.work_queue WHERE queue = $1)",
            {TEXTOID, TIMESTAMPTZOID, OIDOID}),
        {pg::text_param(queue), time_param(GetCurrentTimestamp()), pg::oid_param(caller)}, pg::See::latest);
    auto limit = [&](int column) -> std::optional<core::RateLimit> {
        if (row.is_null(0, column)) return std::nullopt;
        std::vector<std::string> values = row.array(0, column);
        return core::RateLimit{std::stod(values[0]), std::stoll(values[1])};
    };
    return {row.boolean(0, 1), row.boolean(0, 2), limit(3), limit(4),
            row.is_null(0, 5) ? std::nullopt : std::optional(row.boolean(0, 5))};
}

std::optional<Bucket> read_bucket(const pg::Home &home, const std::string &queue,
                                  const std::optional<std::string> &tenant) {
    pg::OwnStatements own(home);
    pg::Rows row = pg::run(pg::planned(bucket_plan, home,
                                       "SELECT tokens, filled_at FROM {0}.work_rate WHERE queue = $1"
                                       " AND (tenant = $2 OR tenant IS NULL AND $2 IS NULL)",
                                       {TEXTOID, TEXTOID}),
                           {pg::text_param(queue), pg::text_param(tenant)}, pg::See::latest);
    if (row.empty()) return std::nullopt;
    bool null;
    return Bucket{DatumGetFloat8(row.value(0, 1, &null)), *time_in(row, 0, 2)};
}

void write_bucket(const pg::Home &home, const std::string &queue, const std::optional<std::string> &tenant,
                  const Bucket &bucket) {
    pg::OwnStatements own(home);
    pg::Param tokens{FLOAT8OID, pg::pg_call([&] { return Float8GetDatum(bucket.tokens); })};
    (void)pg::write_latest(
        pg::planned(write_bucket_plan, home,
                    "INSERT INTO {0}.work_rate (queue, tenant, tokens, filled_at) VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT (queue, tenant) DO UPDATE SET tokens = $3, filled_at = $4",
                    {TEXTOID, TEXTOID, FLOAT8OID, TIMESTAMPTZOID}),
        {pg::text_param(queue), pg::text_param(tenant), tokens, time_param(bucket.filled_at)});
}

void release_scheduled(const pg::Home &home, const std::string &queue) {
    pg::OwnStatements own(home);
    (void)pg::write_latest(
        pg::planned(release_plan, home,
                    "UPDATE {0}.work_item i SET state = 'queued' WHERE i.ctid = ANY (ARRAY("
                    "SELECT s.ctid FROM {0}.work_item s WHERE s.queue = $1 AND s.state = 'scheduled'"
                    " AND s.not_before <= $2 ORDER BY s.not_before LIMIT 1000 FOR UPDATE OF s SKIP LOCKED))",
                    {TEXTOID, TIMESTAMPTZOID}),
        {pg::text_param(queue), time_param(GetCurrentTimestamp())});
}

std::vector<Item> find_items(const pg::Home &home, const std::vector<JobName> &names) {
    if (names.empty()) return {};
    pg::OwnStatements own(home);
    return items_in(pg::run(pg::planned(find_plan, home, NAMED_ITEMS ") x", {TEXTARRAYOID, TEXTARRAYOID}),
                            name_params(names), pg::See::latest));
}

std::vector<Item> lock_items(const pg::Home &home, const std::vector<JobName> &names) {
    if (names.empty()) return {};
    pg::OwnStatements own(home);
    if (names.size() == 1)
        return items_in(
            pg::write_latest(pg::planned(lock_plan, home,
                                         "SELECT " ITEM_COLUMNS " FROM {0}.work_item i WHERE i.job_id = $1"
                                         " AND ($2 IS NULL OR i.run_table = $2) FOR UPDATE OF i",
                                         {TEXTOID, TEXTOID}),
                             {pg::text_param(names[0].job_id), pg::text_param(names[0].run_table)}));
    return items_in(pg::write_latest(
        pg::planned(lock_many_plan, home, NAMED_ITEMS " FOR UPDATE OF i) x", {TEXTARRAYOID, TEXTARRAYOID}),
        name_params(names)));
}

std::vector<Item> lock_items_of(const pg::Home &home, const std::string &role,
                                const std::vector<JobName> &names) {
    if (names.empty()) return {};
    pg::OwnStatements own(home);
    std::vector<pg::Param> params = name_params(names);
    params.push_back(pg::text_param(role));
    return items_in(pg::write_latest(
        pg::planned(lock_own_plan, home, NAMED_ITEMS " AND i.leased_to = $3 FOR UPDATE OF i) x",
                    {TEXTARRAYOID, TEXTARRAYOID, TEXTOID}),
        params));
}

// By the ids' form: no index of its own for what is asked rarely.
std::vector<Item> lock_run_items(const pg::Home &home, const std::string &run_table,
                                 const std::string &run_key) {
    std::vector<Item> items = lock_items(home, {{run_job_id(run_key), run_table}});
    pg::OwnStatements own(home);
    std::vector<Item> files = items_in(pg::write_latest(
        pg::planned(lock_files_plan, home,
                    "SELECT " ITEM_COLUMNS
                    " FROM {0}.work_item i WHERE i.job_id >= $1 || ':file:' AND i.job_id < $1 || ':file;'"
                    " AND i.run_table = $2 AND i.run_key = $3 ORDER BY i.job_id FOR UPDATE OF i",
                    {TEXTOID, TEXTOID, TEXTOID}),
        {pg::text_param(run_job_id(run_key)), pg::text_param(run_table), pg::text_param(run_key)}));
    items.insert(items.end(), files.begin(), files.end());
    return items;
}

void end_items(const pg::Home &home, const std::vector<ItemEnd> &ends) {
    if (ends.empty()) return;
    TimestampTz now = GetCurrentTimestamp();
    ItemChanges changes(home);
    for (const ItemEnd &end : ends)
        changes.change(*end.item,
                       {new_text(state_column, end.state), new_text(final_status_column, end.final_status),
                        new_time(finished_at_column, now)});
    changes.done();
}

core::Evidence evidence_of(const Item &item) {
    core::Evidence evidence = {{"job_id", item.job_id},
                               {"run_table", item.run_table},
                               {"run_id", item.run_key},
                               {"state", item.state},
                               {"fence", item.fence}};
    if (item.worker) evidence.push_back({"worker", *item.worker});
    if (item.lease_until) evidence.push_back({"lease_until", pg::iso_time(*item.lease_until)});
    if (item.final_status) evidence.push_back({"final_status", *item.final_status});
    return evidence;
}

}  // namespace retry_ledger::work
