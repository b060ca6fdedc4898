// redact_run and approve_redaction: personal data goes out of named columns of a run that has ended, by two
// roles.
//
// What is left of it.  The entry `redacted` keeps the content hash of the row before and after: whoever has a
// copy of the whole row can prove that it is that.  For each column it keeps SHA-256(salt || value).  The
// salt is random, is answered once to whoever approves, and is kept nowhere: with a salt beside it, the hash
// of a short value, a name or a number, would be guessed column by column by whoever reads the ledger.  The
// content hash of the row, which the ledger has since the run ended, can only be guessed with all the rest of
// the row and all redacted columns together.
//
// Columns that decisions rest on stay: key, status, tenant, lineage, what the policy reads.  Without its
// error text a failure has no class any more, so a policy that asks for one refuses its retry.
#include <algorithm>

#include "core/keys.hpp"
#include "core/reason.hpp"
#include "govern/adopt_steps.hpp"
#include "govern/approval.hpp"
#include "govern/redaction.hpp"
#include "guard/generated.hpp"
#include "guard/redacting.hpp"
#include "ledger/ledger.hpp"
#include "pg/as_owner.hpp"

namespace retry_ledger::govern {

namespace {

struct Redact {
    pg::Home home;
    std::string schema, id;
    Names columns;
    TableShape table;
    GovernedRef governed;
    std::string what() const { return core::format("redact {} {}", table.qualified, id); }
};

[[noreturn]] void refuse(const Redact &redact, int sqlstate, const std::string &message,
                         const std::string &detail, const std::string &hint, const std::string &column = "") {
    throw refusal(redact.table, sqlstate, message, detail, hint, column);
}

std::string literals(const Redact &redact) {
    return core::format("{}, {}", pg::quote_literal(redact.id), array_literal(redact.columns));
}

// Mapped and frozen columns, and those that the policy reads.
bool decisions_rest_on(const Governed &table, const std::string &name) {
    for (const Column *column : {&table.key, &table.status, &table.tenant, &table.parent, &table.attempt,
                                 &table.is_retry, &table.run, &table.index})
        if (*column && column->name.view() == name) return true;
    for (int i = 0; i < table.frozen_count; i++)
        if (table.frozen[i].name.view() == name) return true;
    const core::Policy &policy = *table.policy;
    for (const MaybeText *column :
         {&policy.profile_column, &policy.max_attempts_column, &policy.price_column})
        if (*column == name) return true;
    return table.completed_column.view() == name || table.failed_column.view() == name;
}

void check_column(const Redact &redact, const std::string &name) {
    const ColumnShape *column = redact.table.find(name);
    const std::string named = core::format("column \"{}\" of {}", name, redact.table.qualified);
    if (column == nullptr)
        refuse(redact, ERRCODE_UNDEFINED_COLUMN, named + " does not exist", "It was named in columns.", "",
               name);
    if (column->generated || decisions_rest_on(*redact.governed, name))
        refuse(redact, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, named + " can't be redacted",
               column->generated ? "It is generated."
                                 : "Key, status, tenant, lineage, partition key and "
                                   "what the policy reads stay: decisions rest on them.",
               column->generated ? "Redact the columns that it is made from." : "", name);
    if (column->not_null)
        refuse(redact, ERRCODE_NOT_NULL_VIOLATION, named + " can't be redacted",
               "It is NOT NULL, and a redacted column is NULL.",
               core::format("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL.", redact.table.qualified,
                            pg::quote_ident(name)),
               name);
}

// Arguments: run_id, columns, run_table first in the SQL functions.
Redact start(FunctionCallInfo fcinfo) {
    Redact redact;
    redact.home = pg::home_of(fcinfo->flinfo->fn_oid);
    redact.schema = pg::schema_name(redact.home);
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
        throw pg::Error{ERRCODE_NULL_VALUE_NOT_ALLOWED, "run_table, run_id and columns must not be NULL"};
    redact.table = read_shape(PG_GETARG_OID(0));
    redact.id = *pg::text_argument(fcinfo, 1);
    redact.columns = *pg::array_argument(fcinfo, 2, NAMEOID);
    if (!pg::pg_call([&] { return pg::compat::owns_relation(redact.table.relation, GetUserId()); }))
        refuse(redact, ERRCODE_INSUFFICIENT_PRIVILEGE,
               core::format("must be owner of table {}", redact.table.qualified),
               "Only its owner's roles and superusers ask for a redaction and approve it.",
               "Ask one of them.");
    redact.governed = find_governed(redact.home, redact.table.relation);
    if (!redact.governed || redact.governed->root != redact.table.relation ||
        redact.governed->kind != Kind::runs)
        refuse(redact, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
               core::format("{} isn't a governed table of runs", redact.table.qualified),
               "Only runs can be redacted.",
               core::format("SELECT * FROM {}.governed_tables shows what is governed.", redact.schema));
    const Column &key = redact.governed->key;  // 01 is run 1; no CHECK of a domain is asked
    redact.id = pg::output_text(key.base_type, pg::input_datum(key.base_type, -1, redact.id));
    if (redact.columns.empty())
        refuse(redact, ERRCODE_INVALID_PARAMETER_VALUE, "columns must name a column", "", "");
    for (const std::string &name : redact.columns) check_column(redact, name);
    return redact;
}

pg::Rows find_run(const Redact &redact, const char *lock) {
    Names columns;
    for (const ColumnShape &column : redact.table.columns)
        if (!column.is_virtual) columns.push_back("t." + pg::quote_ident(column.name));
    const Governed &table = *redact.governed;
    return pg::write_latest(
        core::format("SELECT {} FROM {} t WHERE t.{} = ANY ($1){}", join(columns), redact.table.qualified,
                     pg::quote_ident(table.key.name.string()), lock),
        {pg::array_of(table.key.base_type, {redact.id})});
}

std::string field(const pg::Rows &run, const std::string &column) {
    return run.string(0, pg::pg_call([&] { return SPI_fnumber(run.descriptor(), column.c_str()); }));
}

// As the table's owner, who sees each row.
pg::Rows read_ended(const Redact &redact, const char *lock) {
    pg::Rows run = find_run(redact, lock);
    if (run.empty())
        refuse(redact, ERRCODE_NO_DATA_FOUND,
               core::format("{} has no run {}", redact.table.qualified, core::shortened(redact.id)), "", "");
    const std::string status = field(run, redact.governed->status.name.string());
    if (!redact.governed->ended.contains(status))
        refuse(redact, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
               core::format("run {} hasn't ended", core::shortened(redact.id)),
               core::format("It is {}.", status), "What goes on can be changed by an UPDATE.");
    return run;
}

std::string hash_of(const pg::Rows &run) {
    return core::hex(std::string(pg::varlena_view(ledger::content_hash(run.descriptor(), run.tuple(0)))));
}

// What is approved is this row as it was, and these columns.
std::string found(const Redact &redact, const std::string &hash) {
    return core::format("{} {}", hash, array_literal(redact.columns));
}

void record(const Redact &redact, const char *action, core::Evidence evidence, Datum content_hash) {
    ledger::Entry entry;
    entry.action = action;
    entry.run_table = redact.table.qualified;
    entry.run_key = redact.id;
    entry.content_hash = content_hash;
    entry.evidence = std::move(evidence);
    ledger::append(redact.home, entry);
}

// Where the run's row lies: a partition's generated columns may be made otherwise than its root's.
Oid relation_of_row(const Redact &redact) {
    pg::Rows rows = pg::run_latest(
        core::format("SELECT t.tableoid FROM {} t WHERE t.{} = ANY ($1)", redact.table.qualified,
                     pg::quote_ident(redact.governed->key.name.string())),
        {pg::array_of(redact.governed->key.base_type, {redact.id})});
    return rows.empty() ? redact.table.relation : static_cast<Oid>(rows.integer(0, 1));
}

// Generated columns change with what they are made from.  Where their expression may give something else than
// when the run ended, its owner would choose what the run says.
Names derived_columns(const Redact &redact, Oid relation) {
    Names derived;
    for (const guard::Generated &generated : guard::generated_columns_of(relation)) {
        auto source = std::find_if(generated.sources.begin(), generated.sources.end(),
                                   [&](const std::string &name) { return contains(redact.columns, name); });
        if (source == generated.sources.end()) continue;
        if (!generated.lasting)
            refuse(
                redact, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                core::format("column \"{}\" of {} can't be redacted", *source, redact.table.qualified),
                core::format("Column \"{}\" is generated from it, by functions, types or settings that may "
                             "give something else than when the run ended.",
                             generated.name),
                "What is generated by built-in functions and text search configurations follows a "
                "redaction.",
                *source);
        derived.push_back(generated.name);
    }
    return derived;
}

Report request_redaction(FunctionCallInfo fcinfo) {
    const Redact redact = start(fcinfo);
    const std::string reason = pg::text_argument(fcinfo, 3).value_or("");
    if (auto refused = core::refuse_reason(reason)) throw pg::to_error(*refused);
    std::string hash;
    {
        pg::AsTableReader reader(redact.table.owner);
        hash = hash_of(read_ended(redact, ""));
        (void)derived_columns(redact, relation_of_row(redact));
    }
    check_own_call(redact.table, redact.governed->locked, fcinfo->flinfo->fn_oid);
    ask(redact.home, redact.table.relation, redact.what(), reason, found(redact, hash));
    record(redact, "redaction_requested", {{"columns", redact.columns}, {"reason", reason}}, 0);
    return {{"redaction", "requested", "by " + acting_role()},
            {"approval",
             core::format("SELECT {}.approve_redaction({}, {})", redact.schema,
                          pg::quote_literal(redact.table.qualified), literals(redact)),
             "by another role that may act as the table's owner, or by a superuser, within 1 hour"}};
}

std::string new_salt() {
    unsigned char bytes[32];
    if (!pg_strong_random(bytes, sizeof bytes))
        throw pg::Error{ERRCODE_INTERNAL_ERROR, "could not generate random values"};
    return std::string(reinterpret_cast<char *>(bytes), sizeof bytes);
}

Names value_hashes(const Redact &redact, const pg::Rows &run, const std::string &salt) {
    Names hashes;
    for (const std::string &column : redact.columns)
        hashes.push_back(
            core::format("{}: {}", column,
                         core::hex(std::string(pg::varlena_view(pg::sha256(salt + field(run, column)))))));
    return hashes;
}

// A generated column becomes what its expression gives now.  That it gave what stands there for the row as it
// was is a condition of the UPDATE: a function in C may be another library's by now.
std::string as_generated(const guard::Redaction &redaction, Oid relation) {
    std::string condition;
    for (const std::string &column : redaction.derived) {
        pg::Rows expression = pg::run(
            "SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d"
            " JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum"
            " WHERE d.adrelid = $1 AND a.attname = $2",
            {pg::oid_param(relation), pg::text_param(column)});
        condition += core::format(" AND pg_catalog.record_image_eq(ROW({}), ROW(t.{}))",
                                  expression.string(0, 1), pg::quote_ident(column));
    }
    return condition;
}

// The row as it is then.  A trigger of the application may have brought back what was to go.
pg::Rows set_null(const Redact &redact) {
    Names assignments;
    for (const std::string &column : redact.columns)
        assignments.push_back(pg::quote_ident(column) + " = NULL");
    const Oid relation = relation_of_row(redact);
    const guard::Redaction redaction = {redact.table.relation, redact.id, redact.columns,
                                        derived_columns(redact, relation)};
    {
        guard::Redacting passes(redaction);
        pg::write_latest(core::format("UPDATE {} t SET {} WHERE t.{} = ANY ($1){}", redact.table.qualified,
                                      join(assignments), pg::quote_ident(redact.governed->key.name.string()),
                                      as_generated(redaction, relation)),
                         {pg::array_of(redact.governed->key.base_type, {redact.id})});
    }
    pg::Rows after = find_run(redact, "");
    for (const std::string &column : redact.columns)
        if (after.empty() ||
            !after.is_null(0, pg::pg_call([&] { return SPI_fnumber(after.descriptor(), column.c_str()); })))
            refuse(
                redact, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                core::format("column \"{}\" still has its value", column),
                redaction.derived.empty()
                    ? "A trigger of the table suppressed or undid the change."
                    : core::format("A trigger of the table suppressed or undid the change, or the expression "
                                   "of a generated column ({}) doesn't give any more what the row has.",
                                   join(redaction.derived)),
                "", column);
    return after;
}

// A retry keeps the error that it was made for.  Written beneath the guard of our own table.
void forget_error(const Redact &redact) {
    const Column &error = redact.governed->error;
    if (!error || !contains(redact.columns, error.name.string())) return;
    pg::AsRole owner(redact.home.owner);
    const Oid links = pg::own_relation(redact.home, "retry");
    pg::Rows rows = pg::write_latest(
        core::format("SELECT ctid FROM {}.retry WHERE run_table = $1 AND parent_key = $2 FOR UPDATE",
                     redact.schema),
        {pg::text_param(redact.table.qualified), pg::text_param(redact.id)});
    const AttrNumber column = pg::pg_call([&] { return get_attnum(links, "original_error"); });
    for (uint64 i = 0; i < rows.size(); i++) {
        bool null;
        auto *row = reinterpret_cast<ItemPointer>(DatumGetPointer(rows.value(i, 1, &null)));
        pg::change_row(links, row, {{column, Datum(0), true}});
    }
}

Report approve_redaction(FunctionCallInfo fcinfo) {
    const Redact redact = start(fcinfo);
    const std::string qualified = pg::quote_literal(redact.table.qualified);
    const std::string salt = new_salt();
    Pending pending;
    core::Evidence evidence;
    Datum after;
    {
        pending = take_pending(redact.home, *redact.governed, redact.what());
        check_approval(
            {redact.table, "redaction", "redact",
             core::format("run {} of {}", redact.id, redact.table.qualified),
             core::format("SELECT {}.redact_run({}, {}, 'why')", redact.schema, qualified, literals(redact)),
             core::format("SELECT {}.approve_redaction({}, {})", redact.schema, qualified, literals(redact))},
            pending.asked);
        check_own_call(redact.table, pending.asked.locked, fcinfo->flinfo->fn_oid);
        hold_off_retries(redact.home, redact.table.qualified, redact.id);
        pg::run("SET CONSTRAINTS ALL IMMEDIATE");  // or a trigger could wait for the caller's commit
        pg::AsTableOwnerRestricted writer(redact.table.owner);
        const pg::Rows before = read_ended(redact, " FOR UPDATE");
        const std::string hash = hash_of(before);
        if (found(redact, hash) != pending.found)
            refuse(redact, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                   core::format("this isn't the redaction of run {} that was asked for",
                                core::shortened(redact.id)),
                   "What is approved is the row as it was, and the same columns in the same order.",
                   "Ask again.");
        evidence = {{"columns", redact.columns},
                    {"reason", pending.reason},
                    {"content_hash_before", hash},
                    {"value_hashes", value_hashes(redact, before, salt)}};
        const pg::Rows now = set_null(redact);
        after = ledger::content_hash(now.descriptor(), now.tuple(0));
    }
    forget_error(redact);
    evidence.insert(evidence.end(), {{"requested_by", *pending.asked.by},
                                     {"requested_at", pg::iso_time(pending.asked.at)},
                                     {"approved_by", acting_role()}});
    record(redact, "redacted", std::move(evidence), after);
    return {{"redaction", "done", core::format("{} of run {}", join(redact.columns), redact.id)},
            {"salt", core::hex(salt), "kept nowhere: SHA-256(salt || value) is what the ledger has"}};
}

}  // namespace

}  // namespace retry_ledger::govern

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(redact_run) {
    return pg::entry(
        [&] { return govern::answer(fcinfo, [&] { return govern::request_redaction(fcinfo); }); });
}

RETRY_LEDGER_FUNCTION(approve_redaction) {
    return pg::entry(
        [&] { return govern::answer(fcinfo, [&] { return govern::approve_redaction(fcinfo); }); });
}
