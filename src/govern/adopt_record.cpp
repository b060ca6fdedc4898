// What was decided, in the configuration and on the ledger.
#include "govern/adopt_steps.hpp"

#include "core/policy.hpp"
#include "govern/governed.hpp"
#include "ledger/ledger.hpp"
#include "pg/cursor.hpp"

namespace retry_ledger::govern {

namespace {

using core::Phase;
using core::Role;

core::Value value_of(const MaybeText &text) {
    if (text) return *text;
    return nullptr;
}

void append_file_facts(core::Evidence &facts, const Adoption &adoption) {
    facts.emplace_back("of_table", pg::qualified_name(adoption.of_table));
    facts.emplace_back("attempt_base", std::int64_t{adoption.attempt_base});
    facts.emplace_back("retry_statuses", adoption.retry_statuses);
    facts.emplace_back("success_statuses", adoption.success_statuses);
    facts.emplace_back("completed_status", value_of(adoption.completed_status));
    facts.emplace_back("partial_status", value_of(adoption.partial_status));
    facts.emplace_back("completed_column", value_of(adoption.completed_column));
    facts.emplace_back("failed_column", value_of(adoption.failed_column));
}

core::Evidence facts(const Adoption &adoption) {
    core::Evidence facts = {{"kind", adoption.kind}, {"label", adoption.label}};
    if (adoption.has_statuses()) {
        for (Role role : core::roles) {
            if (!core::has_role(adoption.rows(), role)) continue;
            facts.emplace_back(role == Role::key ? "key_column" : core::argument_name(role),
                               value_of(adoption.column(role)));
        }
        for (Phase phase : core::phases)
            facts.emplace_back(core::format("{}_statuses", core::phase_name(phase)),
                               adoption.statuses.of(phase));
        facts.emplace_back("transitions", value_of(adoption.transitions));
        facts.emplace_back("input_columns", adoption.inputs);
        facts.emplace_back("outcome_columns", adoption.outcomes);
        facts.emplace_back("frozen_columns", adoption.frozen);
        facts.emplace_back("now_columns", adoption.now);
        facts.emplace_back("new_key", adoption.new_key);
        facts.emplace_back("own_key_rows", adoption.own_key_rows);
        facts.emplace_back("void_status", value_of(adoption.void_status));
        facts.emplace_back("require_tenant", adoption.require_tenant);
        if (adoption.kind == "files") append_file_facts(facts, adoption);
    } else {
        facts.emplace_back("once_columns", adoption.once);
    }
    if (adoption.locked) facts.emplace_back("locked", true);
    return facts;
}

void append_rows(core::Evidence &evidence, const Existing &existing, const Adoption &adoption) {
    evidence.emplace_back("rows", existing.rows);
    evidence.emplace_back("digest", existing.digest.empty() ? core::Value(nullptr) : existing.digest);
    if (!adoption.has_statuses()) return;
    Names counts;
    for (const auto &[status, count] : existing.by_status)
        counts.push_back(core::format("{}: {}", status, count));
    evidence.emplace_back("ended_rows", existing.ended);
    evidence.emplace_back("rows_by_status", counts);
    evidence.emplace_back("existing_retries", existing.children);
    evidence.emplace_back("retries_recorded", existing.legacy_recorded);
}

void append_changes(core::Evidence &evidence, const Adoption &before, const Adoption &after) {
    core::Evidence old_facts = facts(before), new_facts = facts(after);
    for (size_t i = 0; i < old_facts.size(); i++)
        if (old_facts[i].second != new_facts[i].second)
            evidence.emplace_back("old_" + old_facts[i].first, old_facts[i].second);
}

Adoption read_adoption(const pg::Rows &row) {
    Adoption adoption;
    adoption.kind = row.string(0, 2);
    adoption.label = row.string(0, 3);
    int column = 4;
    for (Role role : core::roles) adoption.column(role) = row.text(0, column++);
    for (Phase phase : core::phases) adoption.statuses.of(phase) = row.array(0, column++);
    adoption.transitions = row.text(0, column++);
    adoption.inputs = row.array(0, column++);
    adoption.outcomes = row.array(0, column++);
    adoption.frozen = row.array(0, column++);
    adoption.once = row.array(0, column++);
    adoption.now = row.array(0, column++);
    adoption.new_key = row.string(0, column++);
    adoption.own_key_rows = row.boolean(0, column++);
    adoption.void_status = row.text(0, column++);
    adoption.require_tenant = row.boolean(0, column++);
    adoption.of_table = static_cast<Oid>(row.integer(0, column++));
    adoption.retry_statuses = row.array(0, column++);
    adoption.success_statuses = row.array(0, column++);
    for (MaybeText *text : {&adoption.completed_status, &adoption.partial_status, &adoption.completed_column,
                            &adoption.failed_column})
        *text = row.text(0, column++);
    adoption.attempt_base = static_cast<int>(row.integer(0, column++));
    adoption.locked = row.boolean(0, column++);
    return adoption;
}

std::vector<pg::Param> parameters(const Adopting &a, const std::string &role, const std::string &shape) {
    const Adoption &d = a.decided;
    std::vector<pg::Param> params = {
        pg::regclass_param(a.table.relation), pg::text_param(std::string_view(a.table.qualified)),
        pg::text_param(std::string_view(d.kind)), pg::text_param(std::string_view(d.label))};
    for (Role each : core::roles) params.push_back(pg::name_param(d.column(each)));
    for (Phase phase : core::phases) params.push_back(pg::text_array_param(d.statuses.of(phase)));
    params.push_back(pg::jsonb_param(d.transitions));
    for (const Names *names : {&d.inputs, &d.outcomes, &d.frozen, &d.once, &d.now})
        params.push_back(pg::name_array_param(*names));
    params.push_back(pg::text_param(std::string_view(d.new_key)));
    params.push_back(pg::bool_param(d.own_key_rows));
    params.push_back(pg::text_param(d.void_status));
    params.push_back(pg::bool_param(d.require_tenant));
    params.push_back(pg::regclass_param(d.of_table));
    params.back().null = !OidIsValid(d.of_table);
    params.push_back(pg::text_array_param(d.retry_statuses));
    params.push_back(pg::text_array_param(d.success_statuses));
    params.push_back(pg::text_param(d.completed_status));
    params.push_back(pg::text_param(d.partial_status));
    params.push_back(pg::name_param(d.completed_column));
    params.push_back(pg::name_param(d.failed_column));
    params.push_back(pg::int_param(d.attempt_base));
    params.push_back(pg::bool_param(d.locked));
    params.push_back(pg::jsonb_param(shape));
    params.push_back(pg::text_param(std::string_view(role)));
    return params;
}

constexpr const char *configuration_columns =
    "run_table, table_name, kind, label, key_column, status_column, tenant_column, parent_column, "
    "attempt_column,"
    " is_retry_column, error_column, reason_column, run_column, index_column, initial_statuses, "
    "active_statuses, ended_statuses, transitions,"
    " input_columns, outcome_columns, frozen_columns, once_columns, now_columns, new_key, own_key_rows, "
    "void_status,"
    " require_tenant, of_table, retry_statuses, success_statuses, completed_status, partial_status, "
    "completed_column, "
    "failed_column,"
    " attempt_base, locked, accepted, governed_by, governed_at";

// EXCLUDED.… for all but who governed it first and when, and the name that its history has.
std::string write_statement(const Adopting &a) {
    Names columns, values, updates;
    std::string all = configuration_columns;
    for (size_t start = 0; start < all.size();) {
        size_t end = std::min(all.find(", ", start), all.size());
        columns.push_back(all.substr(start, end - start));
        start = end + 2;
    }
    for (size_t i = 0; i < columns.size(); i++) {
        values.push_back(columns[i] == "governed_at" ? "now()" : core::format("${}", i + 1));
        if (columns[i] != "governed_at" && columns[i] != "governed_by" && columns[i] != "run_table" &&
            columns[i] != "table_name")
            updates.push_back(core::format("{0} = EXCLUDED.{0}", columns[i]));
    }
    return core::format(
        "INSERT INTO {}.governed_table ({}) VALUES ({}) ON CONFLICT (run_table) DO UPDATE SET {}",
        pg::schema_name(a.request.home), join(columns), join(values), join(updates));
}

// A configuration of this name whose table is gone would be taken for this one's.
void check_orphan(const Adopting &a) {
    std::string schema = pg::schema_name(a.request.home);
    pg::AsRole owner(a.request.home.owner);
    pg::Rows rows = pg::run_latest(
        core::format("SELECT FROM {}.governed_table WHERE table_name = $1 AND run_table <> $2", schema),
        {pg::text_param(std::string_view(a.table.qualified)), pg::regclass_param(a.table.relation)});
    if (rows.empty()) return;
    throw refusal(a.table, ERRCODE_DUPLICATE_OBJECT,
                  core::format("another table was governed as {}", a.table.qualified),
                  "It was dropped or renamed while its guards were off, and its history bears that name.",
                  core::format("Rename this table; or, as a superuser, DELETE FROM {}.governed_table WHERE "
                               "table_name = {}, and its history becomes this table's, if its runs are here.",
                               schema, pg::quote_literal(a.table.qualified)));
}

[[noreturn]] void refuse_change(const Adopting &a, const std::string &message, const std::string &detail) {
    throw refusal(a.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message, detail,
                  core::format("Leave it out to keep what is recorded, or release the table first: SELECT "
                               "{}.release_governance({}, 'why').",
                               pg::schema_name(a.request.home), pg::quote_literal(a.table.qualified)));
}

bool has_rows(const TableShape &table) {
    pg::Cursor cursor(core::format("SELECT FROM {} LIMIT 1", table.qualified));
    return !cursor.fetch(1).empty();
}

bool has_values(const TableShape &table, const std::string &column) {
    pg::Cursor cursor(core::format("SELECT FROM {} WHERE {} IS DISTINCT FROM NULL LIMIT 1", table.qualified,
                                   pg::quote_ident(column)));
    return !cursor.fetch(1).empty();
}

// Who else writes this ended status: its files, or its queue.
MaybeText user_of_status(const Adopting &a, const std::string &status) {
    pg::AsRole owner(a.request.home.owner);
    pg::Rows rows =
        pg::run_latest(core::format("SELECT 'govern_files of ' || table_name FROM {0}.governed_table"
                                    " WHERE of_table = $1 AND $2 IN (completed_status, partial_status)"
                                    " UNION ALL SELECT 'set_work_queue' FROM {0}.work_queue"
                                    " WHERE run_table = $1 AND $2 IN (timeout_status, interrupted_status)",
                                    pg::schema_name(a.request.home)),
                       {pg::regclass_param(a.table.relation), pg::text_param(std::string_view(status))});
    if (rows.empty()) return std::nullopt;
    return rows.string(0, 1);
}

// Others than when the table was adopted.
bool has_new_rows(const Adopting &a) {
    pg::Rows adopted;
    {
        pg::AsRole owner(a.request.home.owner);
        adopted = pg::run_latest(
            core::format("SELECT (evidence ->> 'rows')::bigint FROM {0}.ledger_entry e"
                         " WHERE run_table = $1 AND run_key IS NULL AND action = 'adopted' AND NOT EXISTS"
                         " (SELECT FROM {0}.ledger_entry p WHERE p.run_table = e.run_table"
                         " AND p.run_key IS NULL AND p.action = 'purged') ORDER BY entry_id DESC LIMIT 1",
                         pg::schema_name(a.request.home)),
            {pg::text_param(std::string_view(a.table.qualified))});
    }
    pg::Cursor rows(core::format("SELECT pg_catalog.count(*) FROM {}", a.table.qualified));
    return adopted.empty() || rows.fetch(1).integer(0, 1) != adopted.integer(0, 1);
}

// Rows that were there when the table was adopted may be understood otherwise: what was guessed can be
// corrected.  One that was born since was judged by what was said then.
bool was_judged(const Adopting &a) {
    return a.recorded->judged || has_new_rows(a);
}

// Also the retries that a table had of its own are recorded by its columns.
bool has_guarded_rows(const Adopting &a) {
    if (a.decided.kind == "files") return has_rows(a.table);
    return a.recorded->knows_runs || has_new_rows(a);
}

// A status that was active at some time since the table was adopted, and is to be an initial one.
MaybeText begun_status(const Adopting &a) {
    pg::AsRole owner(a.request.home.owner);
    pg::Rows rows = pg::run_latest(
        core::format("WITH told AS (SELECT entry_id, action, evidence FROM {}.ledger_entry"
                     " WHERE run_table = $1 AND run_key IS NULL AND action IN ('adopted', 'regoverned'))"
                     " SELECT s.status FROM unnest($2) s(status) WHERE EXISTS (SELECT FROM told"
                     " WHERE evidence -> 'active_statuses' ? s.status AND entry_id >= (SELECT entry_id"
                     " FROM told WHERE action = 'adopted' ORDER BY entry_id DESC LIMIT 1)) LIMIT 1",
                     pg::schema_name(a.request.home)),
        {pg::text_param(std::string_view(a.table.qualified)),
         pg::text_array_param(a.decided.statuses.initial)});
    if (rows.empty()) return std::nullopt;
    return rows.string(0, 1);
}

}  // namespace

std::optional<Recorded> read_recorded(const pg::Home &home, Oid table) {
    std::string schema = pg::schema_name(home);
    pg::AsRole owner(home.owner);
    pg::Rows row = pg::run_latest(
        core::format(
            "SELECT table_name, kind, label, key_column::text, status_column::text, tenant_column::text,"
            " parent_column::text, attempt_column::text, is_retry_column::text, error_column::text,"
            " reason_column::text, run_column::text, index_column::text, initial_statuses, active_statuses,"
            " ended_statuses, transitions::text,"
            " input_columns, outcome_columns, frozen_columns, once_columns, now_columns, new_key,"
            " own_key_rows, void_status, require_tenant, of_table, retry_statuses, success_statuses, "
            "completed_status,"
            " partial_status, completed_column::text, failed_column::text, attempt_base, locked,"
            " EXISTS (SELECT FROM {0}.retry r WHERE r.run_table = g.table_name AND r.policy_hash IS NOT NULL)"
            " OR EXISTS (SELECT FROM {0}.ledger_entry e WHERE e.run_table = g.table_name"
            "  AND e.run_key IS NOT NULL AND e.action <> 'refused')"
            " OR EXISTS (SELECT FROM {0}.checkpoint c WHERE c.run_table = g.table_name)"
            " OR EXISTS (SELECT FROM {0}.request q WHERE q.run_table = g.table_name)"
            " OR EXISTS (SELECT FROM {0}.work_item i WHERE i.run_table = g.table_name),"
            " EXISTS (SELECT FROM {0}.retry r WHERE r.run_table = g.table_name)"
            " OR EXISTS (SELECT FROM {0}.credit_entry c WHERE c.run_table = g.table_name)"
            " OR EXISTS (SELECT FROM {0}.run_key k WHERE k.run_table = g.table_name)"
            " FROM {0}.governed_table g WHERE run_table = $1",
            schema),
        {pg::regclass_param(table)});
    if (row.empty()) return std::nullopt;
    const bool judged = row.boolean(0, 36);
    return Recorded{row.string(0, 1), read_adoption(row), judged || row.boolean(0, 37), judged};
}

namespace {

bool ended_rows_have(const Adopting &a, const std::string &column) {
    const Adoption &recorded = a.recorded->adoption;
    pg::Cursor cursor(
        core::format("SELECT FROM {} t WHERE {} = ANY ({}) AND t.{} IS DISTINCT FROM NULL LIMIT 1",
                     a.table.qualified, text_expression("t", a.table.column(*recorded.column(Role::status))),
                     array_literal(recorded.statuses.ended), pg::quote_ident(column)));
    return !cursor.fetch(1).empty();
}

// A column that came later is one's own error where no run that ended has one in it.
void check_error_kept(const Adopting &a, const std::string &message) {
    const MaybeText &before = a.recorded->adoption.column(Role::error), &now = a.decided.column(Role::error);
    if (!a.recorded->judged || (!before && !ended_rows_have(a, *now))) return;
    refuse_change(
        a, message,
        before ? core::format("It is \"{}\", and runs have ended with what it says.", *before)
               : core::format("There was none, and runs have ended that have something in \"{}\".", *now));
}

}  // namespace

void check_columns_kept(const Adopting &a) {
    if (!a.recorded) return;
    for (Role role : core::roles) {
        const MaybeText &before = a.recorded->adoption.column(role);
        if (before == a.decided.column(role)) continue;
        std::string message =
            core::format("{} of {} can't change any more", core::argument_name(role), a.table.qualified);
        bool lineage = role != Role::status && role != Role::error && role != Role::reason;
        if (lineage && has_guarded_rows(a))
            refuse_change(a, message,
                          before ? core::format("It is \"{}\", and runs are recorded by it.", *before)
                                 : std::string("There is none, and runs are recorded without one."));
        if (role == Role::status && has_rows(a.table))
            refuse_change(a, message,
                          core::format("It is \"{}\", and what ended by it stays ended.", *before));
        if (role == Role::error) check_error_kept(a, message);
    }
}

// What a policy binds is carried over to a retry, or there is nothing to hold the retry against.
void check_policy_kept(const Adopting &a) {
    if (!a.recorded || a.decided.kind != "runs") return;
    GovernedRef table = find_governed(a.request.home, a.table.relation);
    for (const std::string &column : core::columns_of(*table->policy))
        if (!contains(a.decided.inputs, column))
            refuse_change(a,
                          core::format("column \"{}\" of {} must stay an input", column, a.table.qualified),
                          "The policy of the table names it.");
}

// A status that no row has is nobody's end: what was guessed at adoption can be corrected.
void check_ended_kept(const Adopting &a, const Names &stored) {
    if (!a.recorded) return;
    for (const std::string &status : a.recorded->adoption.statuses.ended) {
        if (a.decided.statuses.phase_of(status) == Phase::ended) continue;
        if (contains(stored, status))
            refuse_change(a, core::format("status \"{}\" of {} can't be reopened", status, a.table.qualified),
                          "It is an ended status, and ended is for ever.");
        if (MaybeText user = user_of_status(a, status))
            refuse_change(a, core::format("status \"{}\" of {} is in use", status, a.table.qualified),
                          core::format("Runs end with it, by {}.", *user));
    }
}

namespace {

bool has_ended(const Adoption &adoption, const std::string &status) {
    return adoption.statuses.phase_of(status) == Phase::ended;
}

bool means_the_same(const Adoption &before, const Adoption &now, const std::string &status) {
    return has_ended(before, status) == has_ended(now, status) &&
           contains(before.success_statuses, status) == contains(now.success_statuses, status);
}

}  // namespace

// Rows don't end, and files don't complete, by what is said of their status later.  Which files a retry takes
// up may be said anew.
void check_meanings_kept(const Adopting &a, const Names &stored) {
    if (!a.recorded) return;
    const bool files = a.decided.kind == "files";
    auto changed = std::find_if_not(stored.begin(), stored.end(), [&](const std::string &status) {
        return means_the_same(a.recorded->adoption, a.decided, status);
    });
    if (changed == stored.end() || !was_judged(a)) return;
    refuse_change(a,
                  core::format("status \"{}\" of {} can't get another meaning", *changed, a.table.qualified),
                  files ? "There are files in it, which were counted by what it meant."
                        : "There are runs in it, and none ends without an UPDATE of its own.");
}

// Whether a run was ever started goes by them: a retry that was can't be void.
void check_active_kept(const Adopting &a) {
    if (!a.recorded || !has_guarded_rows(a)) return;
    if (MaybeText status = begun_status(a))
        refuse_change(a,
                      core::format("status \"{}\" of {} can't be an initial one", *status, a.table.qualified),
                      "It was an active status, and what was started in it stays started.");
}

namespace {

// By this transaction, so that no row was written while the column was one that never changes.
bool is_added_here(const Adopting &a, const std::string &column) {
    pg::AsRole owner(a.request.home.owner);
    pg::Rows rows = pg::run_latest(
        core::format("SELECT xmin::text FROM {}.ledger_entry WHERE run_table = $1 AND run_key IS NULL"
                     " AND action = 'column_added' AND evidence ->> 'column' = $2"
                     " ORDER BY entry_id DESC LIMIT 1",
                     pg::schema_name(a.request.home)),
        {pg::text_param(std::string_view(a.table.qualified)), pg::text_param(std::string_view(column))});
    return !rows.empty() &&
           TransactionIdIsCurrentTransactionId(static_cast<TransactionId>(std::stoul(rows.string(0, 1))));
}

}  // namespace

void check_change(Adopting &a) {
    if (!a.recorded) {
        check_orphan(a);
        return find_history(a);
    }
    if (a.recorded->table_name != a.table.qualified)
        throw refusal(a.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                      core::format("{} was governed as {}", a.table.qualified, a.recorded->table_name),
                      "It was renamed while its guards were off, and its history bears that name.",
                      core::format("Rename it back to {}, then govern it again.", a.recorded->table_name));
    for (const std::string &column : a.decided.once)
        if (!contains(a.recorded->adoption.once, column) && has_rows(a.table) &&
            (!is_added_here(a, column) || has_values(a.table, column)))
            refuse_change(
                a, core::format("column \"{}\" of {} can't be reopened", column, a.table.qualified),
                "Its rows were written as ones that never change. One that is added may be named in the "
                "transaction that adds it.");
}

void record(Adopting &a, const Existing &existing) {
    std::string role = pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
    std::string schema = pg::schema_name(a.request.home);
    ledger::Entry entry;
    entry.action = a.recorded ? "regoverned" : "adopted";
    entry.run_table = a.table.qualified;
    entry.evidence = facts(a.decided);
    append_rows(entry.evidence, existing, a.decided);
    if (a.recorded) append_changes(entry.evidence, a.recorded->adoption, a.decided);
    {
        pg::AsRole owner(a.request.home.owner);
        pg::Rows shape = pg::run_latest(core::format("SELECT {}.table_shape($1)::text", schema),
                                        {pg::regclass_param(a.table.relation)});
        pg::run(write_statement(a), parameters(a, role, shape.string(0, 1)));
    }
    ledger::append(a.request.home, entry);
}

void keep_keys(const pg::Home &home, const std::string &table_name, const Names &keys) {
    if (keys.empty()) return;
    pg::AsRole owner(home.owner);
    pg::run(core::format("INSERT INTO {}.run_key SELECT $1, unnest($2) ON CONFLICT DO NOTHING",
                         pg::schema_name(home)),
            {pg::text_param(std::string_view(table_name)), pg::text_array_param(keys)});
}

}  // namespace retry_ledger::govern
