// Code in C, PostgreSQL's own or a library's, takes what it is given for what it was made for.  Declared with
// other arguments, or called where PostgreSQL doesn't look at them, it reads and writes the session's memory,
// where the hooks are: a number is taken for an address.  So by hand nobody, in any database of a server that
// has locks,
//   - declares a function in C, or makes an aggregate whose state has no type (statements: hook_utility.cpp);
//   - gives a function planner support, which replaces calls by what it takes their arguments for;
//   - makes a cast without a function;
//   - makes a support function of an index's operator class that doesn't take the types that it is made for:
//     PostgreSQL looks at no more than how many arguments it has and, for some methods, not even at that;
//   - makes an operator class that keeps keys of another type;
//   - makes a base type, or gives one functions for its elements, statistics or messages;
//   - makes a language, a transform, or a parser or template of text search.
// Scripts of extensions do: what comes with a library is made for it, as long as its names stand for what
// they were written for.  So functions in C that a script declares take types that it can mean, types and
// functions of extensions keep their names, and nobody meddles with a script that runs (hook_meddling.cpp).
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"

extern "C" {
#include "access/hash.h"
#include "access/nbtree.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "parser/parse_coerce.h"
}

#include <algorithm>

namespace retry_ledger::guard {

namespace {

Versions<FormData_pg_type> type_versions(const Access &access) {
    return versions<FormData_pg_type>({TypeRelationId, TypeOidIndexId, Anum_pg_type_oid},
                                      access.object.objectId);
}

bool is_compiled(const FormData_pg_proc &function) {
    return function.prolang == INTERNALlanguageId || function.prolang == ClanguageId;
}

bool function_matters(const Access &access) {
    const auto v = versions<FormData_pg_proc>({ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid},
                                              access.object.objectId);
    if (v.after == nullptr) return false;
    if (OidIsValid(v.after->prosupport) &&
        (v.before == nullptr || v.before->prosupport != v.after->prosupport))
        return true;
    return access.type == OAT_POST_CREATE && is_compiled(*v.after) && !runs_alteration().makes_functions;
}

// By whatever of the script's: its types may have been exchanged for others of these names.
bool script_means_other_types(const Access &access) {
    const auto v = versions<FormData_pg_proc>({ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid},
                                              access.object.objectId);
    if (v.after == nullptr || !is_compiled(*v.after)) return false;
    const oidvector &arguments = v.after->proargtypes;
    return !is_known_to_script(v.after->prorettype) ||
           !std::all_of(arguments.values, arguments.values + arguments.dim1, is_known_to_script);
}

bool same_name(const NameData &a, Oid schema_a, const NameData &b, Oid schema_b) {
    return schema_a == schema_b && strcmp(NameStr(a), NameStr(b)) == 0;
}

// Scripts call by their names what earlier ones have made; that of an extension as a whole goes along with
// it.
bool is_member_altered(const Access &access) {
    return access.type == OAT_POST_ALTER && !runs_alteration().moves_extension &&
           OidIsValid(extension_of(access.object));
}

bool member_type_is_renamed(const Access &access) {
    if (!is_member_altered(access)) return false;
    const auto v = type_versions(access);
    return v.before && v.after &&
           !same_name(v.before->typname, v.before->typnamespace, v.after->typname, v.after->typnamespace);
}

bool member_function_is_renamed(const Access &access) {
    if (!is_member_altered(access)) return false;
    const auto v = versions<FormData_pg_proc>({ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid},
                                              access.object.objectId);
    return v.before && v.after && is_compiled(*v.after) &&
           !same_name(v.before->proname, v.before->pronamespace, v.after->proname, v.after->pronamespace);
}

// Its functions are told how long its values are, and how they are passed, by who makes it.
bool makes_base_type(const Access &access) {
    const auto v = type_versions(access);
    return access.type == OAT_POST_CREATE && v.after != nullptr && v.after->typisdefined &&
           v.after->typtype == TYPTYPE_BASE && v.after->typinput != F_ARRAY_IN;
}

// It takes the bytes of one type for those of another, whatever they say of addresses.
bool cast_reinterprets(const Access &access) {
    const auto v = versions<FormData_pg_cast>({CastRelationId, CastOidIndexId, Anum_pg_cast_oid},
                                              access.object.objectId);
    return v.after != nullptr && v.after->castmethod == COERCION_METHOD_BINARY;
}

// What a support function of the method is called with, for these types; none: by hand there is no such one.
std::vector<Oid> support_arguments(Oid method, int number, Oid left, Oid right) {
    if (method == BTREE_AM_OID && number == BTORDER_PROC) return {left, right};
    if (method == BTREE_AM_OID && number == BTINRANGE_PROC) return {left, left, right, BOOLOID, BOOLOID};
    if (method == BTREE_AM_OID && number == BTEQUALIMAGE_PROC) return {OIDOID};
    if (method == HASH_AM_OID && number == HASHSTANDARD_PROC) return {left};
    if (method == HASH_AM_OID && number == HASHEXTENDED_PROC) return {left, INT8OID};
    return {};
}

// Within a pg_call.
bool takes(Oid function, const std::vector<Oid> &arguments) {
    Oid *declared;
    int count;
    (void)get_func_signature(function, &declared, &count);
    if (arguments.empty() || count != static_cast<int>(arguments.size())) return false;
    for (int i = 0; i < count; i++)
        if (!IsBinaryCoercible(arguments[static_cast<size_t>(i)], declared[i])) return false;
    return true;
}

// `row`: of pg_amproc.
bool supports_other_types(Oid row) {
    const auto v = versions<FormData_pg_amproc>(
        {AccessMethodProcedureRelationId, AccessMethodProcedureOidIndexId, Anum_pg_amproc_oid}, row);
    if (v.after == nullptr) return false;
    const Oid method = reference({OperatorFamilyRelationId, OpfamilyOidIndexId, Anum_pg_opfamily_oid},
                                 v.after->amprocfamily, Anum_pg_opfamily_opfmethod);
    const auto arguments =
        support_arguments(method, v.after->amprocnum, v.after->amproclefttype, v.after->amprocrighttype);
    return !pg::pg_call([&] { return takes(v.after->amproc, arguments); });
}

// Keys of another type than the column's, in a family whose functions were made for its own.
bool class_stores_other_type(const Access &access) {
    const auto v = versions<FormData_pg_opclass>(
        {OperatorClassRelationId, OpclassOidIndexId, Anum_pg_opclass_oid}, access.object.objectId);
    return v.after != nullptr && OidIsValid(v.after->opckeytype) && v.after->opckeytype != v.after->opcintype;
}

// A base type has its functions from where it was declared, in C; others have those of their kind.
bool type_gets_functions(const Access &access) {
    if (access.type != OAT_POST_ALTER) return false;
    const auto v = type_versions(access);
    if (v.before == nullptr || v.after == nullptr || !v.before->typisdefined) return false;
    const FormData_pg_type &a = *v.before, &b = *v.after;
    return a.typreceive != b.typreceive || a.typsend != b.typsend || a.typmodin != b.typmodin ||
           a.typmodout != b.typmodout || a.typanalyze != b.typanalyze || a.typsubscript != b.typsubscript;
}

bool language_gets_functions(const Access &access) {
    const auto v = versions<FormData_pg_language>(
        {LanguageRelationId, LanguageOidIndexId, Anum_pg_language_oid}, access.object.objectId);
    if (v.after == nullptr) return false;
    return v.before == nullptr || v.before->lanplcallfoid != v.after->lanplcallfoid ||
           v.before->laninline != v.after->laninline || v.before->lanvalidator != v.after->lanvalidator;
}

}  // namespace

bool calls_compiled(const Access &access) {
    if (access.object.classId == TypeRelationId && access.type == OAT_POST_CREATE)
        note_new_type(access.object.objectId);
    if (meddles_with_script(access)) return true;
    if (access.type == OAT_DROP) return false;
    if (says_extension_script())
        return access.object.classId == ProcedureRelationId && script_means_other_types(access);
    switch (access.object.classId) {
        case ProcedureRelationId:
            return function_matters(access) || member_function_is_renamed(access);
        case CastRelationId:
            return cast_reinterprets(access);
        case AccessMethodProcedureRelationId:
            return supports_other_types(access.object.objectId);
        case OperatorClassRelationId:
            return access.type == OAT_POST_CREATE && class_stores_other_type(access);
        case TypeRelationId:
            return type_gets_functions(access) || member_type_is_renamed(access) || makes_base_type(access);
        case LanguageRelationId:
            return language_gets_functions(access);
        case TransformRelationId:
        case TSParserRelationId:
        case TSTemplateRelationId:
            return access.type == OAT_POST_CREATE;
        default:
            return false;
    }
}

}  // namespace retry_ledger::guard

using namespace retry_ledger;

// guard_status() asks it of what was there before the lock.
RETRY_LEDGER_FUNCTION(supports_other_types) {
    return pg::entry([&] { return BoolGetDatum(guard::supports_other_types(PG_GETARG_OID(0))); });
}
