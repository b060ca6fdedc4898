// create_api_schema: wrappers made from what the catalog says of our functions, so that an argument that is
// added later appears by itself.
//
// What is ours is told by a comment.  A function of the schema that hasn't it is never touched.  Anybody may
// write that comment, though: a schema or function of somebody else's stays his, who could change what it
// does to those who trust it.  PostgreSQL lets a superuser replace it all the same, so we ask whose it is.
#include <algorithm>

#include "core/keys.hpp"
#include "retry/arguments.hpp"

namespace retry_ledger::web {

namespace {

constexpr const char *mark = "retry_ledger API";

// What applications call; whoever governs, sets policies or repairs does that in SQL.
std::vector<std::string> wrapped_functions() {
    return {"retry_run",         "plan_retry",        "retry_failed_files", "rerun_failed_jobs",
            "rerun_run",         "retry_lineage",     "retry_tree",         "retry_lineage_dot",
            "state_machine_dot", "record_checkpoint", "latest_checkpoint",  "invalidate_checkpoint",
            "claim_work",        "extend_lease",      "finish_work",        "finish_work_batch",
            "expire_leases",     "dispatch_failed",   "grant_credits",      "refund_credits",
            "classify_failure"};
}

// A function that is to be there.
struct Wrapper {
    std::string name, identity, arguments, body, volatility;
    bool for_everybody;
};

// One that is there.
struct Existing {
    std::string name, identity;
    bool ours;
    Oid owner;
};

// Of a function that exists for text and "any" the first.  A regclass becomes text, read under the caller's
// search_path.
constexpr const char *wrapper_query =
    "SELECT p.proname, coalesce(a.identity, ''), coalesce(a.declared, ''),"
    " CASE WHEN p.proretset AND p.prorows > 1"
    "  THEN format('SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r)), ''[]'') FROM %s r', call)"
    "  ELSE format('SELECT pg_catalog.to_jsonb(r) FROM %s r', call) END,"
    " CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END,"
    " EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x"
    "  WHERE x.grantee = 0 AND x.privilege_type = 'EXECUTE')"
    " FROM pg_proc p CROSS JOIN LATERAL ("
    "  SELECT string_agg(i.name || ' ' || i.type, ', ' ORDER BY n) AS identity,"
    "   string_agg(i.name || ' ' || i.type || coalesce(' DEFAULT ' || CASE WHEN "
    "pg_get_function_arg_default(p.oid, n) ~ '^NULL::'"
    "    THEN 'NULL' ELSE pg_get_function_arg_default(p.oid, n) END, ''), ', ' ORDER BY n) AS declared,"
    "   string_agg(i.name || ' => $' || n || CASE WHEN i.is_table THEN '::pg_catalog.regclass' ELSE '' END,"
    "    ', ' ORDER BY n) AS passed"
    "  FROM generate_series(1, p.pronargs) n CROSS JOIN LATERAL (SELECT quote_ident(p.proargnames[n]) AS "
    "name,"
    "   p.proargtypes[n - 1] = 'regclass'::regtype AS is_table,"
    "   CASE WHEN p.proargtypes[n - 1] = 'regclass'::regtype THEN 'text'"
    "    ELSE format_type(p.proargtypes[n - 1], NULL) END AS type) i) a"
    " CROSS JOIN LATERAL (SELECT format('%I.%I(%s)', $1, p.proname, a.passed) AS call) c"
    " WHERE p.pronamespace = $2 AND p.proname = ANY ($3) AND p.proargtypes[0] <> '\"any\"'::regtype"
    " ORDER BY p.proname";

std::vector<Wrapper> wrappers(const pg::Home &home, const std::string &schema_name) {
    pg::PinnedSearchPath path;
    pg::Rows rows = pg::run_latest(wrapper_query, {pg::text_param(schema_name), pg::oid_param(home.schema),
                                                   pg::text_array_param(wrapped_functions())});
    std::vector<Wrapper> found;
    for (uint64 i = 0; i < rows.size(); i++)
        found.push_back({rows.string(i, 1), rows.string(i, 2), rows.string(i, 3), rows.string(i, 4),
                         rows.string(i, 5), rows.boolean(i, 6)});
    return found;
}

std::vector<Existing> existing_in(const std::string &schema) {
    pg::PinnedSearchPath path;
    pg::Rows rows = pg::run_latest(
        "SELECT p.proname, pg_get_function_identity_arguments(p.oid), coalesce(obj_description(p.oid,"
        " 'pg_proc'), '') LIKE $2 || ': %', p.proowner"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1 ORDER BY 1, 2",
        {pg::text_param(schema), pg::text_param(std::string_view(mark))});
    std::vector<Existing> found;
    for (uint64 i = 0; i < rows.size(); i++)
        found.push_back(
            {rows.string(i, 1), rows.string(i, 2), rows.boolean(i, 3), static_cast<Oid>(rows.integer(i, 4))});
    return found;
}

void require_owner(const std::string &object, Oid owner) {
    if (owner == GetUserId()) return;
    const std::string role = pg::pg_call([&] { return GetUserNameFromId(owner, false); });
    throw pg::Error{ERRCODE_INSUFFICIENT_PRIVILEGE, core::format("must be owner of {}", object),
                    core::format("It belongs to {}, who can change it at any time.", pg::quote_ident(role)),
                    "Call as the role that owns the schema and its functions, or name a new schema."};
}

void check_name(const std::string &name) {
    if (!name.empty() && name.size() < NAMEDATALEN) return;
    throw pg::Error{ERRCODE_INVALID_NAME,
                    core::format("\"{}\" can't be a schema's name", core::shortened(name)),
                    core::format("A name has 1 to {} bytes.", NAMEDATALEN - 1), "Name a new schema."};
}

// Makes the schema unless it is there and one of these.
void ensure_schema(const std::string &name) {
    pg::PinnedSearchPath path;
    pg::Rows rows = pg::run_latest(
        "SELECT obj_description(oid, 'pg_namespace') LIKE $2 || ': %', nspowner"
        " FROM pg_namespace WHERE nspname = $1",
        {pg::text_param(name), pg::text_param(std::string_view(mark))});
    if (!rows.empty() && rows.boolean(0, 1))
        return require_owner("schema " + pg::quote_ident(name), static_cast<Oid>(rows.integer(0, 2)));
    if (!rows.empty())
        throw pg::Error{ERRCODE_DUPLICATE_SCHEMA,
                        core::format("schema {} exists and isn't an API schema", pg::quote_ident(name)), "",
                        "Name a new schema, or one that create_api_schema has made."};
    std::string schema = pg::quote_ident(name);
    pg::run(core::format("CREATE SCHEMA {}", schema));
    pg::run(core::format("COMMENT ON SCHEMA {} IS {}", schema,
                         pg::quote_literal(core::format("{}: thin functions with jsonb answers", mark))));
}

// Those of ours that are no longer as they would be made: replacing a function can't change its arguments.
std::vector<Existing> outdated(const std::vector<Existing> &existing, const std::vector<Wrapper> &wanted) {
    std::vector<Existing> gone;
    for (const Existing &function : existing) {
        bool same = std::any_of(wanted.begin(), wanted.end(), [&](const Wrapper &w) {
            return w.name == function.name && w.identity == function.identity;
        });
        if (function.ours && !same) gone.push_back(function);
    }
    return gone;
}

void refuse_foreign(const std::string &schema, const std::vector<Existing> &existing,
                    const std::vector<Wrapper> &wanted) {
    for (const Existing &function : existing)
        for (const Wrapper &wrapper : wanted)
            if (!function.ours && wrapper.name == function.name)
                throw pg::Error{ERRCODE_DUPLICATE_FUNCTION,
                                core::format("function {}.{}({}) is in the way", pg::quote_ident(schema),
                                             pg::quote_ident(function.name), function.identity),
                                "An API schema has each function once, and this one isn't of its making.",
                                "Rename or drop it."};
}

std::string signature(const std::string &schema, const std::string &name, const std::string &identity) {
    return core::format("{}.{}({})", pg::quote_ident(schema), pg::quote_ident(name), identity);
}

void create(const std::string &schema, const Wrapper &w, bool is_new) {
    std::string function = signature(schema, w.name, w.identity);
    pg::run(
        core::format("CREATE OR REPLACE FUNCTION {}.{}({}) RETURNS pg_catalog.jsonb LANGUAGE sql {} AS {}",
                     pg::quote_ident(schema), pg::quote_ident(w.name), w.arguments, w.volatility,
                     pg::quote_literal(w.body)));
    if (!is_new) return;
    if (!w.for_everybody) pg::run(core::format("REVOKE ALL ON FUNCTION {} FROM PUBLIC", function));
    pg::run(core::format("COMMENT ON FUNCTION {} IS {}", function,
                         pg::quote_literal(core::format("{}: see the function of that name", mark))));
}

void report(FunctionCallInfo fcinfo, const std::string &name, const char *action) {
    retry::RowBuilder row;
    row.text(name);
    row.text(std::string(action));
    row.put(fcinfo);
}

void make_api_schema(const pg::Home &home, FunctionCallInfo fcinfo, const std::string &name) {
    check_name(name);
    ensure_schema(name);
    std::string own_schema = pg::pg_call([&] { return get_namespace_name(home.schema); });
    std::vector<Wrapper> wanted = wrappers(home, own_schema);
    std::vector<Existing> existing = existing_in(name);
    refuse_foreign(name, existing, wanted);
    for (const Existing &function : existing)
        if (function.ours)
            require_owner("function " + signature(name, function.name, function.identity), function.owner);
    for (const Existing &function : outdated(existing, wanted)) {
        pg::run("DROP FUNCTION " + signature(name, function.name, function.identity));
        report(fcinfo, function.name, "dropped");
    }
    for (const Wrapper &wrapper : wanted) {
        bool there = std::any_of(existing.begin(), existing.end(), [&](const Existing &e) {
            return e.name == wrapper.name && e.identity == wrapper.identity;
        });
        create(name, wrapper, !there);
        report(fcinfo, wrapper.name, there ? "replaced" : "created");
    }
}

}  // namespace

}  // namespace retry_ledger::web

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(create_api_schema) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        std::string name = pg::text_argument(fcinfo, 0).value_or("");
        pg::SpiScope spi;
        web::make_api_schema(home, fcinfo, name);
        return Datum(0);
    });
}
