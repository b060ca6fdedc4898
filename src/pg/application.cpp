#include "pg/application.hpp"

namespace retry_ledger::pg {

namespace {

constexpr std::string_view argument_list = "(jsonb)";

bool ends_with_arguments(const std::string &signature) {
    return signature.size() > argument_list.size() &&
           signature.compare(signature.size() - argument_list.size(), argument_list.size(), argument_list) ==
               0;
}

[[noreturn]] void refuse_foreign(const std::string &signature, Oid owner) {
    const std::string role = quote_ident(pg_call([&] { return GetUserNameFromId(owner, false); }));
    throw Error{
        ERRCODE_INSUFFICIENT_PRIVILEGE, core::format("{} must not run as {}", signature, role),
        "It runs as the table's owner, and belongs to a role that may not act as that.",
        core::format("ALTER FUNCTION {} OWNER TO {}, after a look at what it does.", signature, role)};
}

// The name as a statement calls it.  A function of that very signature must exist: a statement would also
// take f(anyelement), or whatever else fits.  It must still be a function of one answer: it may have been
// dropped and made anew as something else.
std::string callable_name(const std::string &signature, Oid owner) {
    if (!ends_with_arguments(signature))
        throw Error{ERRCODE_INVALID_TEXT_REPRESENTATION,
                    core::format("\"{}\" is not the signature of a function of one jsonb", signature)};
    bool foreign = false;
    bool fits = pg_call([&] {
        Oid function =
            DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum(signature.c_str())));
        foreign = is_foreign(function, owner);
        return get_func_prokind(function) == PROKIND_FUNCTION && !get_func_retset(function);
    });
    if (!fits)
        throw Error{ERRCODE_WRONG_OBJECT_TYPE,
                    core::format("{} is not a function that returns one value", signature)};
    if (foreign) refuse_foreign(signature, owner);
    return signature.substr(0, signature.size() - argument_list.size());
}

Param jsonb_array_param(const std::vector<std::string> &jsons) {
    std::vector<Datum> values;
    for (const std::string &json : jsons) values.push_back(input_datum(JSONBOID, -1, json));
    Datum array = pg_call([&] {
        return PointerGetDatum(construct_array(values.data(), static_cast<int>(values.size()), JSONBOID, -1,
                                               false, TYPALIGN_INT));
    });
    return {JSONBARRAYOID, array};
}

// A chain of tables whose functions write to one another has an end; a price function that retries the very
// run that it is asked about has none, and where it catches errors it doesn't even meet the stack's limit in
// time.
constexpr int most_nested = 4;
int nested = 0;

class Nested {
public:
    explicit Nested(const std::string &signature) {
        if (nested >= most_nested)
            throw Error{
                ERRCODE_STATEMENT_TOO_COMPLEX,
                core::format("{} is called while {} functions of the application are", signature, nested),
                "Each of them was called by retry_ledger, and has retried a run or written a row for "
                "which the next one is called.",
                "Let price, charge, check and payload functions answer without retrying runs."};
        nested++;
    }
    ~Nested() { nested--; }  // however the call ends: errors of PostgreSQL unwind as exceptions
    Nested(const Nested &) = delete;
};

}  // namespace

Oid owner_of(Oid relation) {
    return pg_call([&] {
        HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
        if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for relation %u", relation);
        Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
        ReleaseSysCache(tuple);
        return owner;
    });
}

bool is_foreign(Oid function, Oid owner) {
    HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
    if (!HeapTupleIsValid(tuple)) return false;  // it can't run either
    auto *row = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
    bool foreign = row->prolang != INTERNALlanguageId && row->prolang != ClanguageId && !row->prosecdef &&
                   !has_privs_of_role(row->proowner, owner);
    ReleaseSysCache(tuple);
    return foreign;
}

std::optional<Oid> find_application_function(const std::string &name) {
    std::string signature = name.find('(') == std::string::npos ? name + std::string(argument_list) : name;
    SpiScope spi;
    Rows found =
        run("SELECT p.oid FROM pg_catalog.pg_proc p WHERE p.oid OPERATOR(pg_catalog.=)"
            " pg_catalog.to_regprocedure($1)::pg_catalog.oid AND p.prokind OPERATOR(pg_catalog.=) 'f'"
            " AND p.pronargs OPERATOR(pg_catalog.=) 1"
            " AND p.proargtypes[0] OPERATOR(pg_catalog.=) 'pg_catalog.jsonb'::pg_catalog.regtype"
            " AND NOT p.proretset",
            {text_param(signature)});
    if (found.empty()) return std::nullopt;
    return static_cast<Oid>(found.integer(0, 1));
}

std::string signature_of(Oid function) {
    const char *name = pg_call([&]() -> const char * {
        char *function_name = get_func_name(function);
        char *schema = function_name ? get_namespace_name(get_func_namespace(function)) : nullptr;
        return schema ? quote_qualified_identifier(schema, function_name) : nullptr;
    });
    if (name == nullptr)
        throw Error{ERRCODE_UNDEFINED_FUNCTION,
                    core::format("function with OID {} does not exist", function)};
    return name + std::string(argument_list);
}

std::optional<std::string> call_application(Oid owner, const std::string &signature,
                                            const std::string &json) {
    return call_application(owner, signature, std::vector<std::string>{json}).front();
}

std::vector<std::optional<std::string>> call_application(Oid owner, const std::string &signature,
                                                         const std::vector<std::string> &jsons) {
    Nested within(signature);
    AsOwnerRestricted restricted(owner);
    SpiScope spi;
    Rows rows = run(core::format("SELECT {}(a.argument) FROM pg_catalog.unnest($1) WITH ORDINALITY"
                                 " AS a(argument, place) ORDER BY a.place",
                                 callable_name(signature, owner)),
                    {jsonb_array_param(jsons)});
    std::vector<std::optional<std::string>> answers;
    for (uint64 i = 0; i < jsons.size(); i++) answers.push_back(rows.text(i, 1));
    return answers;
}

}  // namespace retry_ledger::pg
