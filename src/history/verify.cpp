// verify_installation: the checks that all kinds of tables share, as whom everything is tried, and the
// subtransaction around it.
#include "history/verify.hpp"

#include "pg/application.hpp"
#include "pg/as_owner.hpp"

namespace retry_ledger::history {

const char *const check_columns = "the mapped columns exist";
const char *const check_guards = "the guards are complete";
const char *const check_update = "UPDATE is refused";
const char *const check_delete = "DELETE is refused";
const char *const check_truncate = "TRUNCATE is refused";

Report::Report(const std::vector<std::string> &names) : settled_(names.size()) {
    for (const std::string &name : names) checks_.push_back({name, std::nullopt, "skipped: not reached"});
}

void Report::set(const std::string &name, std::optional<bool> passed, const std::string &detail) {
    for (size_t i = 0; i < checks_.size(); i++) {
        if (checks_[i].name != name || settled_[i]) continue;
        checks_[i].passed = passed;
        checks_[i].detail = detail;
        settled_[i] = true;
    }
}

void Report::skip_rest(const std::string &why) {
    for (const Check &check : checks_) skip(check.name, why);
}

void Report::error(const std::string &name, const pg::Error &error) {
    if (hinders_trying(error))
        skip(name, in_words(error));
    else
        fail(name, in_words(error));
}

std::string in_words(const pg::Error &error) {
    const char *sqlstate = pg::pg_call([&] { return unpack_sql_state(error.sqlstate); });
    return core::format("{}: {}", sqlstate, error.message);
}

bool is_refusal(const pg::Error &error, core::Token token) {
    return error.message.rfind(std::string(core::token_info(token).name) + ":", 0) == 0;
}

bool hinders_trying(const pg::Error &error) {
    return error.sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE || error.sqlstate == ERRCODE_LOCK_NOT_AVAILABLE ||
           is_refusal(error, core::Token::not_allowed);
}

namespace {

void judge_forbidden(Report &report, const std::string &name, const std::optional<pg::Error> &failure,
                     bool reached_something) {
    if (!failure && !reached_something)
        report.skip(name, "it reached no row, by row level security or a trigger of the application");
    else if (!failure)
        report.fail(name, "it was accepted");
    else if (failure->sqlstate == pg::ERRCODE_GOVERNANCE_VIOLATION)
        report.pass(name, in_words(*failure));
    else if (hinders_trying(*failure))
        report.skip(name, in_words(*failure));
    else
        report.skip(name, "something else refused it first: " + in_words(*failure));
}

}  // namespace

void try_forbidden(Report &report, const std::string &name, const std::string &sql,
                   const std::vector<pg::Param> &params) {
    bool reached_something = false;
    auto failure = pg::try_in_subtransaction(pg::AtEnd::roll_back, [&] {
        pg::SpiScope spi;
        reached_something = pg::run(sql, params).size() > 0;
    });
    judge_forbidden(report, name, failure, reached_something);
}

namespace {

// The table and, by foreign keys, all that TRUNCATE … CASCADE would reach.
std::string tables_reached(Oid root) {
    pg::Rows rows = pg::run(
        "WITH RECURSIVE reached(relation) AS (SELECT $1 UNION SELECT c.conrelid FROM reached r"
        " JOIN pg_catalog.pg_constraint c ON c.confrelid OPERATOR(pg_catalog.=) r.relation"
        " AND c.contype::pg_catalog.text OPERATOR(pg_catalog.=) 'f') SELECT relation FROM reached",
        {pg::oid_param(root)});
    std::string list;
    for (uint64 row = 0; row < rows.size(); row++)
        list += (list.empty() ? "" : ", ") + pg::qualified_name(static_cast<Oid>(rows.integer(row, 1)));
    return list;
}

}  // namespace

// CASCADE: without it, a foreign key of another table would answer before the guard.  The locks first, and
// only if nobody has to wait for them: behind a waiting TRUNCATE the whole application would queue.
void try_truncate(Report &report, const std::string &name, const govern::Governed &table) {
    auto failure = pg::try_in_subtransaction(pg::AtEnd::roll_back, [&] {
        pg::SpiScope spi;
        pg::run("SELECT pg_catalog.set_config('client_min_messages', 'warning', true)");
        pg::run(core::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE NOWAIT", tables_reached(table.root)));
        pg::run(core::format("TRUNCATE {} CASCADE", table.table_name.view()));
    });
    judge_forbidden(report, name, failure, true);
}

namespace {

struct Subject {
    Oid root;
    govern::Kind kind;
};

// As the extension's owner: whether something is governed isn't a secret.
Subject find_subject(const pg::Home &home, Oid relation) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows =
        pg::run_latest(core::format("SELECT run_table::oid, kind FROM {}.governed_table WHERE run_table::oid"
                                    " IN ($1, pg_catalog.pg_partition_root($1)::oid)",
                                    pg::schema_name(home)),
                       {pg::oid_param(relation)});
    if (rows.empty()) {
        std::string name = pg::qualified_name(relation);
        throw pg::to_error(core::Refusal{
            core::Token::invalid_run_table,
            core::format("{} is not governed", name),
            {{"run_table", name}},
            core::format("Adopt it first: SELECT * FROM govern_runs({}).", pg::quote_literal(name))});
    }
    return {static_cast<Oid>(rows.integer(0, 1)), govern::kind_of(rows.string(0, 2))};
}

std::string joined(const std::vector<std::string> &items) {
    std::string out;
    for (const std::string &item : items) out += (out.empty() ? "" : ", ") + item;
    return out;
}

std::vector<std::string> checks_of(govern::Kind kind) {
    if (kind == govern::Kind::runs) return run_checks();
    return kind == govern::Kind::files ? file_checks() : row_checks(kind);
}

// By the catalogs: the same facts as guard_status.
void check_catalogs(const pg::Home &home, Oid root, Report &report) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(
        core::format(
            "SELECT missing, run_table FROM {}.guard_gap WHERE root = $1 ORDER BY run_table, missing",
            pg::schema_name(home)),
        {pg::oid_param(root)});
    std::vector<std::string> columns, guards, relations;
    for (uint64 row = 0; row < rows.size(); row++) {
        std::optional<std::string> missing = rows.text(row, 1);
        if (!missing)
            relations.push_back(rows.string(row, 2));
        else if (missing->rfind("column ", 0) == 0)
            columns.push_back(*missing);
        else
            guards.push_back(*missing + " on " + rows.string(row, 2));
    }
    if (!columns.empty()) report.fail(check_columns, "missing: " + joined(columns));
    report.pass(check_columns, "all of them");
    if (!guards.empty()) report.fail(check_guards, "missing: " + joined(guards));
    report.pass(check_guards,
                core::format("on {} and {} partitions", relations.empty() ? "" : relations.front(),
                             relations.empty() ? 0 : relations.size() - 1));
}

bool stands_in_for(Oid owner) {
    return owner != GetUserId() && pg::pg_call([&] { return has_privs_of_role(GetUserId(), owner); });
}

// The application's triggers, defaults and checks get no further than its owner does, also where a superuser
// tries the table out.
class ActingAsOwner {
public:
    explicit ActingAsOwner(Oid relation) {
        const Oid owner = pg::owner_of(relation);
        if (!stands_in_for(owner)) return;
        pg::SpiScope spi;
        pg::run("SET CONSTRAINTS ALL IMMEDIATE");
        owner_.emplace(owner);
    }

private:
    std::optional<pg::AsTableOwnerRestricted> owner_;
};

void verify(const pg::Home &home, const Subject &subject, Report &report) {
    check_catalogs(home, subject.root, report);
    auto failure = pg::try_in_subtransaction(pg::AtEnd::roll_back, [&] {
        ActingAsOwner acting(subject.root);
        govern::GovernedRef table = govern::find_governed(home, subject.root);
        if (!table) throw pg::Error{ERRCODE_UNDEFINED_TABLE, "it isn't governed any more"};
        if (table->kind == govern::Kind::runs)
            try_runs(home, *table, report);
        else if (table->kind == govern::Kind::files)
            try_files(home, *table, report);
        else
            try_rows(home, *table, report);
    });
    if (failure) report.skip_rest("the trial couldn't go on: " + in_words(*failure));
}

void put_checks(FunctionCallInfo fcinfo, const Report &report) {
    int step = 0;
    for (const Check &check : report.checks()) {
        Datum values[4] = {Int32GetDatum(++step), pg::text_datum(check.name),
                           BoolGetDatum(check.passed.value_or(false)), pg::text_datum(check.detail)};
        bool nulls[4] = {false, false, !check.passed.has_value(), false};
        pg::pg_call([&] {
            auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
            tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
        });
    }
}

}  // namespace

}  // namespace retry_ledger::history

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(verify_installation) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        history::Subject subject = history::find_subject(home, PG_GETARG_OID(0));
        history::Report report(history::checks_of(subject.kind));
        history::verify(home, subject, report);
        history::put_checks(fcinfo, report);
        return Datum(0);
    });
}
