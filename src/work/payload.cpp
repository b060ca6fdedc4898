// Rows are read by a SELECT rather than from the trigger's tuple: earlier attempts are needed as well, a
// partition's tuple isn't laid out like its root's, and many rows are one statement.  As the table's owner,
// because whoever inserts a row needs no right to read it, and because to_jsonb may call casts of the
// application's.
#include "work/payload.hpp"

#include <unordered_map>

#include "core/json.hpp"
#include "pg/application.hpp"
#include "retry/statements.hpp"

namespace retry_ledger::work {

namespace {

using govern::Column;
using govern::Governed;

std::string quoted(const Column &column) {
    return pg::quote_ident(column.name.string());
}

// A subquery over the earlier attempts of t, from the last one up to the original.  `value` is of the alias
// p, `answer` aggregates v by depth, which grows upwards.
std::string over_lineage(const Governed &table, const std::string &value, const std::string &answer) {
    return core::format(
        "(WITH RECURSIVE up(parent, v, depth) AS (SELECT p.{1}, {3}, 1 FROM {0} p WHERE p.{2} = t.{1}"
        " UNION ALL SELECT n.parent, n.v, u.depth + 1 FROM up u CROSS JOIN LATERAL"
        " (SELECT p.{1} AS parent, {3} AS v FROM {0} p WHERE p.{2} = u.parent OFFSET 0) n"
        " WHERE u.depth < 1000) {4})",
        table.table_name.view(), quoted(table.parent), quoted(table.key), value, answer);
}

std::string hole_text(const Governed &table, const core::Hole &hole) {
    std::string name = pg::quote_ident(hole.name);
    switch (hole.kind) {
        case core::Hole::Kind::column:
            return core::format("to_jsonb(t.{})::text", name);
        case core::Hole::Kind::lineage:
            if (!table.parent) return "'[]'::text";
            return over_lineage(table, core::format("to_jsonb(p.{})", name),
                                "SELECT coalesce(jsonb_agg(v ORDER BY first DESC), '[]')::text FROM"
                                " (SELECT v, max(depth) AS first FROM up WHERE v IS NOT NULL GROUP BY v) d");
        default:
            return "NULL::text";
    }
}

constexpr int first_hole = 6;

std::string attempt_text(const Governed &table) {
    if (!table.attempt) return "1";
    return core::format("t.{}::int4 + {}", quoted(table.attempt), 1 - table.attempt_base);
}

std::string source_text(const Governed &table, const char *condition) {
    const Queue &queue = *table.work;
    std::string list = core::format(
        "t.{}, {}, {}, {}, {}", quoted(table.key), table.tenant ? "t." + quoted(table.tenant) : "NULL::text",
        attempt_text(table), table.parent ? "t." + quoted(table.parent) : "NULL::text",
        queue.priority_column ? "t." + pg::quote_ident(*queue.priority_column) + "::int4" : "NULL::int4");
    if (queue.payload_function) {
        list += ", to_jsonb(t.*)::text, ";  // a column may be called t
        list += table.parent
                    ? over_lineage(table, "to_jsonb(p.*)",
                                   "SELECT coalesce(jsonb_agg(v ORDER BY depth DESC), '[]')::text FROM up")
                    : "'[]'::text";
    } else {
        for (const core::Hole &hole : queue.payload.holes) list += ", " + hole_text(table, hole);
    }
    return core::format("SELECT {} FROM {} t WHERE t.{} = {}", list, table.table_name.view(),
                        quoted(table.key), condition);
}

pg::Rows select_sources(Governed &table, const std::vector<Job> &jobs) {
    Queue &queue = *table.work;
    Oid type = table.key.base_type;
    if (jobs.size() == 1) {
        if (queue.select_source == nullptr)
            queue.select_source = pg::prepare_kept(source_text(table, "$1"), {type});
        return pg::write_latest(queue.select_source, {{type, pg::input_datum(type, -1, jobs[0].row_key)}});
    }
    std::vector<std::string> keys;
    for (const Job &job : jobs) keys.push_back(job.row_key);
    pg::Param array = retry::key_array(table, keys);
    if (queue.select_sources == nullptr)
        queue.select_sources =
            pg::prepare_kept(source_text(table, "ANY ($1)"), {array.type}, pg::Plan::custom);
    return pg::write_latest(queue.select_sources, {array});
}

std::optional<std::string> work_value(const std::string &field, const Job &job, const Source &source) {
    if (field == "attempt") return std::to_string(source.attempt);
    if (field == "file_index") return job.file_index;
    std::optional<std::string> text;
    if (field == "job_id") text = job.job_id;
    if (field == "run_id") text = job.run_key;
    if (field == "kind") text = kind_of(source.attempt);
    if (field == "tenant") text = source.tenant;
    if (field == "original_run_id") text = job.file_index ? job.original_run : source.original;
    if (field == "not_before" && job.not_before) text = pg::iso_time(*job.not_before);
    if (field == "resume_from_status" && job.resume) text = job.resume->from_status;
    if (field == "checkpoint_ref" && job.resume) text = job.resume->ref;
    return text ? std::optional(core::json_string(*text)) : std::nullopt;
}

std::string filled(const core::PayloadTemplate &payload, const pg::Rows &rows, uint64 row, const Job &job,
                   const Source &source) {
    std::vector<std::optional<std::string>> values;
    int column = first_hole;
    for (const core::Hole &hole : payload.holes) {
        values.push_back(hole.kind == core::Hole::Kind::work ? work_value(hole.name, job, source)
                                                             : rows.text(row, column));
        column++;
    }
    return core::fill_in(payload, values);
}

// What a payload function is asked with.
std::string asked(const pg::Rows &rows, uint64 row, const Job &job, const Source &source) {
    core::Evidence document = {{"job_id", job.job_id},
                               {"kind", std::string(kind_of(source.attempt))},
                               {"attempt", std::int64_t{source.attempt}},
                               {"run", core::Json{rows.string(row, first_hole)}},
                               {"previous", core::Json{rows.string(row, first_hole + 1)}}};
    if (job.resume) {
        document.push_back({"resume_from_status", job.resume->from_status});
        document.push_back({"checkpoint_ref", job.resume->ref});
    }
    if (job.file_index) {
        document.push_back({"run_id", job.run_key});
        document.push_back({"file_index", core::Json{*job.file_index}});
    }
    return core::to_json(document);
}

Source source_in(const pg::Rows &rows, uint64 row) {
    Source source;
    source.key = rows.string(row, 1);
    source.tenant = rows.text(row, 2);
    source.attempt = static_cast<int>(rows.integer(row, 3));
    source.original = rows.text(row, 4);
    if (!rows.is_null(row, 5)) source.priority = static_cast<int>(rows.integer(row, 5));
    return source;
}

void ask_function(const Governed &table, Oid owner, const std::vector<std::string> &questions,
                  std::vector<Source> &sources) {
    const std::string &function = *table.work->payload_function;
    std::vector<std::optional<std::string>> answers = pg::call_application(owner, function, questions);
    for (size_t i = 0; i < sources.size(); i++) {
        if (!answers[i])
            throw pg::Error{
                ERRCODE_NULL_VALUE_NOT_ALLOWED,
                core::format("{} returned NULL for {} {}", function, table.label.view(), sources[i].key), "",
                "The payload function must return what the work carries."};
        sources[i].payload = std::move(*answers[i]);
    }
}

[[noreturn]] void refuse_unseen(const Governed &table) {
    throw pg::Error{
        ERRCODE_INSUFFICIENT_PRIVILEGE,
        core::format("the owner of {} doesn't see the row that work is made of", table.table_name.view()),
        "Work is put together as the table's owner, to whom row level security applies.",
        "Let a policy show the owner the row, or don't force row level security."};
}

}  // namespace

std::vector<Source> read_sources(Governed &table, const std::vector<Job> &jobs) {
    Oid owner = pg::owner_of(table.root);
    pg::AsOwnerRestricted restricted(owner);
    pg::SpiScope spi;
    std::unordered_map<std::string, const Job *> by_key;
    for (const Job &job : jobs) by_key.emplace(job.row_key, &job);
    pg::Rows rows = select_sources(table, jobs);
    if (rows.size() != jobs.size()) refuse_unseen(table);
    bool by_function = table.work->payload_function.has_value();
    std::vector<Source> sources;
    std::vector<std::string> questions;
    for (uint64 row = 0; row < rows.size(); row++) {
        Source source = source_in(rows, row);
        const Job &job = *by_key.at(source.key);
        if (!source.tenant) source.tenant = job.run_tenant;
        if (by_function)
            questions.push_back(asked(rows, row, job, source));
        else
            source.payload = filled(table.work->payload, rows, row, job, source);
        sources.push_back(std::move(source));
    }
    if (by_function) ask_function(table, owner, questions, sources);
    return sources;
}

}  // namespace retry_ledger::work
