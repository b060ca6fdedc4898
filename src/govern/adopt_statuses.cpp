// The closed set of statuses: declared by the caller, or read from enum, CHECK and the rows that exist.
#include <algorithm>

#include "core/json.hpp"
#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

using core::Phase;
using core::Role;
using core::Statuses;

constexpr size_t max_status_bytes = 100, max_statuses = 200;

std::string as_json(const Statuses &statuses) {
    core::Evidence object;
    for (Phase phase : core::phases) object.emplace_back(core::phase_name(phase), statuses.of(phase));
    return core::to_json(object);
}

// {"name": ["text", …], …}, else a refusal.
std::vector<std::pair<std::string, Names>> read_lists(const Adopting &a, const std::string &json,
                                                      const char *argument, const char *example) {
    pg::Rows rows = pg::run_latest(
        "SELECT e.key, jsonb_typeof(e.value) = 'array' AND NOT EXISTS (SELECT FROM jsonb_array_elements("
        "  CASE WHEN jsonb_typeof(e.value) = 'array' THEN e.value ELSE '[]' END) x"
        "  WHERE jsonb_typeof(x) <> 'string'),"
        " ARRAY(SELECT x #>> '{}' FROM jsonb_array_elements("
        "  CASE WHEN jsonb_typeof(e.value) = 'array' THEN e.value ELSE '[]' END) WITH ORDINALITY l(x, place)"
        "  WHERE jsonb_typeof(x) = 'string' ORDER BY place)"
        " FROM jsonb_each(CASE WHEN jsonb_typeof($1) = 'object' THEN $1 ELSE jsonb_build_object('', $1) END) "
        "e",
        {pg::jsonb_param(json)});
    std::vector<std::pair<std::string, Names>> lists;
    for (uint64 i = 0; i < rows.size(); i++) {
        if (!rows.boolean(i, 2) || rows.string(i, 1).empty())
            throw refusal(a.table, ERRCODE_INVALID_PARAMETER_VALUE,
                          core::format("{} must be an object of lists of texts", argument),
                          "Each of its members is a list of statuses.",
                          a.request.call_with(argument, pg::quote_literal(example)) + ".");
        lists.emplace_back(rows.string(i, 1), rows.array(i, 3));
    }
    return lists;
}

constexpr const char *statuses_example =
    R"({"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]})";
constexpr const char *transitions_example = R"({"queued": ["running"], "running": ["completed", "failed"]})";

[[noreturn]] void refuse_statuses(const Adopting &a, const std::string &message, const std::string &detail,
                                  const std::string &suggestion) {
    throw refusal(a.table, ERRCODE_INVALID_PARAMETER_VALUE, message, detail,
                  a.request.call_with("statuses", pg::quote_literal(suggestion)) + ".",
                  a.decided.column(Role::status).value_or(""));
}

Statuses parse_statuses(const Adopting &a, const std::string &json) {
    Statuses statuses;
    for (auto &[name, list] : read_lists(a, json, "statuses", statuses_example)) {
        auto phase = std::find_if(std::begin(core::phases), std::end(core::phases),
                                  [&, &member = name](Phase p) { return core::phase_name(p) == member; });
        if (phase == std::end(core::phases))
            refuse_statuses(a, "statuses has an unknown member", "Its members are initial, active and ended.",
                            statuses_example);
        for (const std::string &status : list) {
            if (status.empty() || status.size() > max_status_bytes)
                refuse_statuses(a, core::format("a status must have 1 to {} bytes", max_status_bytes),
                                core::format("One of the {} ones has {}.", name, status.size()),
                                statuses_example);
            if (statuses.contains(status))
                refuse_statuses(a, core::format("status \"{}\" stands twice in statuses", status),
                                "Each status is in one phase.", statuses_example);
            statuses.of(*phase).push_back(status);
        }
    }
    if (statuses.all().size() > max_statuses)
        refuse_statuses(a, core::format("statuses must not have more than {} statuses", max_statuses),
                        core::format("It has {}.", statuses.all().size()), statuses_example);
    return statuses;
}

void check_complete(const Adopting &a, const Statuses &statuses) {
    if (!statuses.initial.empty() && !statuses.ended.empty()) return;
    Statuses suggestion = statuses;
    if (suggestion.initial.empty() && !suggestion.active.empty()) {
        suggestion.initial.push_back(suggestion.active.front());
        suggestion.active.erase(suggestion.active.begin());
    }
    for (Phase phase : {Phase::initial, Phase::ended})
        if (suggestion.of(phase).empty()) suggestion.of(phase).push_back("...");
    refuse_statuses(a,
                    core::format("{} has no {} status", a.table.qualified,
                                 statuses.initial.empty() ? "initial" : "ended"),
                    "A retry is born in an initial status, and a run that is in an ended one is a fact.",
                    as_json(suggestion));
}

// Of labels that say nothing by their names, somebody has to say what they mean.
[[noreturn]] void refuse_unknown(const Adopting &a, const Statuses &known, const Names &unknown) {
    Statuses suggestion = known;
    suggestion.active.insert(suggestion.active.end(), unknown.begin(), unknown.end());
    if (suggestion.initial.empty()) suggestion.initial.push_back("...");
    if (suggestion.ended.empty()) suggestion.ended.push_back("...");
    throw refusal(a.table, ERRCODE_CHECK_VIOLATION,
                  core::format("{} has statuses of unknown meaning", a.table.qualified),
                  core::format("These are neither initial nor active nor ended: {}.", join(unknown)),
                  core::format("Say in which phase each is, as in {}.",
                               a.request.call_with("statuses", pg::quote_literal(as_json(suggestion)))),
                  *a.decided.column(Role::status));
}

Names outside(const Names &labels, const Statuses &statuses) {
    Names result;
    for (const std::string &label : labels)
        if (!statuses.contains(label) && !contains(result, label)) result.push_back(label);
    return result;
}

void append(Statuses &statuses, const Statuses &more) {
    for (Phase phase : core::phases)
        for (const std::string &status : more.of(phase))
            if (!statuses.contains(status)) statuses.of(phase).push_back(status);
}

void move_first(Names &names, const std::string &name) {
    auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) std::rotate(names.begin(), found, found + 1);
}

// 'queued'::text → queued
MaybeText default_status(const Adopting &a) {
    const MaybeText &text = a.mapped(Role::status)->default_text;
    if (!text || text->empty() || text->front() != '\'') return std::nullopt;
    size_t end = text->find('\'', 1);
    if (end == std::string::npos) return std::nullopt;
    return text->substr(1, end - 1);
}

void keep_what_fits(const Adopting &a, Statuses &statuses) {
    const ColumnShape &column = *a.mapped(Role::status);
    for (Phase phase : core::phases) {
        Names &names = statuses.of(phase);
        names.erase(std::remove_if(names.begin(), names.end(),
                                   [&](const std::string &name) { return !column.holds(name); }),
                    names.end());
    }
}

// Plain text says nothing, so all statuses that have a meaning by name and fit are allowed, spelled as the
// table spells them; a retry is born, and a run is started, as the table's own runs are.
Statuses read_plain(const Adopting &a, const Names &stored, Names &unknown) {
    Statuses found = core::classify(stored, unknown);
    Names seen = stored;
    MaybeText born_as = default_status(a);
    if (born_as) seen.push_back(*born_as);
    bool lower = false, upper = false;
    for (const std::string &status : seen) {
        if (!core::default_phase(status)) continue;
        (status == core::lower_case(status) ? lower : upper) = true;
    }
    Statuses statuses =
        core::default_statuses(upper && !lower ? core::Spelling::upper : core::Spelling::lower);
    keep_what_fits(a, statuses);
    append(statuses, found);
    if (!found.initial.empty()) move_first(statuses.initial, found.initial.front());
    if (!found.active.empty()) move_first(statuses.active, found.active.front());
    if (born_as) move_first(statuses.initial, *born_as);
    return statuses;
}

void check_allowed_by_column(const Adopting &a, const StatusSource &source) {
    const ColumnShape &column = *a.mapped(Role::status);
    for (const std::string &status : a.decided.statuses.all())
        if (!column.holds(status))
            throw refusal(a.table, ERRCODE_INVALID_PARAMETER_VALUE,
                          core::format("status \"{}\" can't be stored in {}", status, a.table.qualified),
                          core::format("Its column has type {}.", column.type_name),
                          "Leave it out of statuses, or make the column wider first.", column.name);
    if (!source.constrained) return;
    for (const std::string &status : a.decided.statuses.all())
        if (!contains(source.labels, status))
            throw refusal(a.table, ERRCODE_INVALID_PARAMETER_VALUE,
                          core::format("status \"{}\" can't be stored in {}", status, a.table.qualified),
                          core::format("The column's type or CHECK allows: {}.", join(source.labels)),
                          "Leave it out of statuses, or allow it in the column first.",
                          *a.decided.column(Role::status));
}

// An INSERT that names no status would be refused for ever.
void check_default(const Adopting &a) {
    const Statuses &statuses = a.decided.statuses;
    MaybeText born_as = default_status(a);
    if (a.recorded || !born_as || statuses.phase_of(*born_as) == Phase::initial) return;
    std::optional<Phase> phase = statuses.phase_of(*born_as);
    Statuses suggestion = statuses;
    if (phase) {
        Names &names = suggestion.of(*phase);
        names.erase(std::find(names.begin(), names.end(), *born_as));
    }
    suggestion.initial.insert(suggestion.initial.begin(), *born_as);
    const std::string &column = *a.decided.column(Role::status);
    std::string alter =
        core::format("ALTER TABLE {} ALTER COLUMN {}", a.table.qualified, pg::quote_ident(column));
    std::string other =
        phase == Phase::ended
            ? std::string()
            : core::format("; or let runs be born so: {}",
                           a.request.call_with("statuses", pg::quote_literal(as_json(suggestion))));
    throw refusal(
        a.table, ERRCODE_CHECK_VIOLATION,
        core::format("the default status \"{}\" of {} isn't an initial one", *born_as, a.table.qualified),
        core::format(
            "It is {}, and a run is born in one of: {}. Each INSERT that names no status would be refused.",
            phase ? core::format("an {} one", core::phase_name(*phase)) : "none of its statuses",
            join(statuses.initial)),
        core::format("{0} SET DEFAULT {1}; or, if all INSERTs name one, {0} DROP DEFAULT{2}.", alter,
                     pg::quote_literal(statuses.initial.front()), other),
        column);
}

void decide_set(Adopting &a, const StatusSource &source, const Names &stored) {
    Names labels = source.labels, unknown;
    for (const std::string &status : stored)
        if (!contains(labels, status)) labels.push_back(status);
    Statuses &decided = a.decided.statuses;
    if (a.request.statuses) {
        Names missing = outside(labels, decided);
        if (!missing.empty()) refuse_unknown(a, decided, missing);
    } else if (a.recorded) {
        decided = a.recorded->adoption.statuses;
        append(decided, core::classify(outside(labels, decided), unknown));
    } else if (source.constrained) {
        decided = core::classify(labels, unknown);
    } else {
        decided = read_plain(a, stored, unknown);
    }
    if (!unknown.empty()) refuse_unknown(a, decided, unknown);
    check_complete(a, decided);
    check_default(a);
    check_ended_kept(a, stored);
    check_active_kept(a);
}

void check_transition(const Adopting &a, const std::string &from, const std::string &to) {
    const Statuses &statuses = a.decided.statuses;
    std::string why;
    for (const std::string &status : {from, to})
        if (!statuses.contains(status))
            why = core::format("\"{}\" is none of its statuses: {}.", status, join(statuses.all()));
    if (statuses.phase_of(from) == Phase::ended)
        why = core::format("\"{}\" is an ended status, and ended is for ever.", from);
    if (why.empty()) return;
    throw refusal(
        a.table, ERRCODE_INVALID_PARAMETER_VALUE,
        core::format("{} can't declare the transition from \"{}\" to \"{}\"", a.table.qualified, from, to),
        why, a.request.call_with("transitions", pg::quote_literal(transitions_example)) + ".");
}

void decide_transitions(Adopting &a) {
    MaybeText &decided = a.decided.transitions;
    decided = a.request.transitions ? a.request.transitions
              : a.recorded          ? a.recorded->adoption.transitions
                                    : std::nullopt;
    if (!decided) return a.add("transitions", "any", "not declared: any, as long as a run hasn't ended");
    auto lists = read_lists(a, *decided, "transitions", transitions_example);
    if (lists.empty()) {
        decided.reset();
        return a.add("transitions", "any",
                     "an empty object declares none: any, as long as a run hasn't ended");
    }
    for (const auto &[from, targets] : lists)
        for (const std::string &to : targets) check_transition(a, from, to);
    a.add("transitions", *decided, a.request.transitions ? "as declared" : "as recorded");
}

void decide_void_status(Adopting &a) {
    const Statuses &statuses = a.decided.statuses;
    MaybeText &decided = a.decided.void_status;
    decided = a.request.void_status;
    if (!decided && a.recorded) decided = a.recorded->adoption.void_status;
    if (!decided) decided = core::default_void_status(statuses);
    if (decided && (statuses.phase_of(*decided) != Phase::ended || core::is_success(*decided)))
        throw refusal(
            a.table, ERRCODE_INVALID_PARAMETER_VALUE,
            core::format("void_status \"{}\" isn't an ended status of failure", *decided),
            core::format("The ended statuses of {} are: {}.", a.table.qualified, join(statuses.ended)),
            a.request.call_with("void_status",
                                pg::quote_literal(core::default_void_status(statuses).value_or("failed"))) +
                ".");
    a.add("void_status", decided, "of a retry that was never handed out");
}

// The built-in policy knows one status.
void say_if_nothing_is_retryable(Adopting &a) {
    const std::string retryable = "failed";
    if (a.recorded || contains(a.decided.statuses.ended, retryable)) return;
    a.add("retry_policy", std::nullopt,
          core::format("the built-in policy retries {} only, which isn't a status of this table: SELECT "
                       "{}.set_retry_policy({}, retryable_statuses => {})",
                       retryable, pg::schema_name(a.request.home), pg::quote_literal(a.table.qualified),
                       array_literal({a.decided.void_status.value_or("...")})));
}

void decide_tenant_rule(Adopting &a) {
    a.decided.require_tenant =
        a.request.require_tenant.value_or(a.recorded ? a.recorded->adoption.require_tenant : false);
    if (a.decided.require_tenant && !a.decided.column(Role::tenant))
        throw refusal(a.table, ERRCODE_INVALID_PARAMETER_VALUE,
                      core::format("{} can't require a tenant: it has no tenant column", a.table.qualified),
                      "require_tenant refuses calls that don't name the tenant of the run.",
                      core::format("Name the column: {}.", a.request.call_with("tenant_column", "'...'")));
    a.add("require_tenant", a.decided.require_tenant ? "true" : "false",
          a.decided.require_tenant ? "calls must name the tenant" : "calls may name the tenant");
}

}  // namespace

StatusSource read_status_source(const Adopting &a) {
    const ColumnShape &column = *a.mapped(Role::status);
    if (column.is_enum()) return {true, enum_labels(column.base_type)};
    std::optional<Names> values = checked_values(a.table, column);
    return values ? StatusSource{true, *values} : StatusSource{};
}

void check_declared_statuses(Adopting &a) {
    if (!a.request.statuses) return;
    a.decided.statuses = parse_statuses(a, *a.request.statuses);
    check_complete(a, a.decided.statuses);
    check_allowed_by_column(a, read_status_source(a));
}

void decide_statuses(Adopting &a, const Names &stored) {
    StatusSource source = read_status_source(a);
    decide_set(a, source, stored);
    const char *how = a.request.statuses   ? "as declared"
                      : a.recorded         ? "as recorded"
                      : source.constrained ? "of the column's type or CHECK, by name"
                                           : "the column allows any text: the known ones, by name";
    a.add("initial_statuses", join(a.decided.statuses.initial),
          core::format("a retry is born as {}; {}", a.decided.statuses.initial.front(), how));
    a.add("active_statuses", join(a.decided.statuses.active), how);
    a.add("ended_statuses", join(a.decided.statuses.ended), core::format("never change again; {}", how));
    decide_transitions(a);
    decide_void_status(a);
    say_if_nothing_is_retryable(a);
    decide_tenant_rule(a);
}

}  // namespace retry_ledger::govern
