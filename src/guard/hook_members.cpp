// What extensions have brought, and locked tables rely on: an extension's script makes it, and its next
// script may change it.  Nobody else alters what computes or compares values; a member's owner, privileges
// and costs, and of extensions whose types no locked table has also name and schema, are of no concern.
// Objects that compute come to an extension, and leave it, by its scripts only (hook_utility.cpp): else
// everybody could make code the extension's first, or take it away from it.
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"

namespace retry_ledger::guard {

namespace {

bool is_compiled(const FormData_pg_proc &function) {
    return function.prolang == ClanguageId || function.prolang == INTERNALlanguageId;
}

// CREATE OR REPLACE AGGREGATE leaves what it is made of in another catalog.
bool is_aggregate_replaced(const Access &access, const FormData_pg_proc &function) {
    return access.type == OAT_POST_CREATE && function.prokind == PROKIND_AGGREGATE;
}

// By name it is called as well, where an extension's type is concerned.
bool function_kept(const Versions<FormData_pg_proc> &v, bool by_name) {
    return by_name ? same_but_for(ProcedureRelationId, v.before_tuple, v.after_tuple,
                                  {Anum_pg_proc_proowner, Anum_pg_proc_proacl, Anum_pg_proc_procost,
                                   Anum_pg_proc_prorows, Anum_pg_proc_proparallel})
                   : same_but_for(ProcedureRelationId, v.before_tuple, v.after_tuple,
                                  {Anum_pg_proc_proowner, Anum_pg_proc_proacl, Anum_pg_proc_procost,
                                   Anum_pg_proc_prorows, Anum_pg_proc_proparallel, Anum_pg_proc_proname,
                                   Anum_pg_proc_pronamespace});
}

// Code in C that comes while a script runs, and isn't the script's, would count as the extension's.
bool function_matters(const LockedDatabase &database, const Access &access) {
    const auto v = versions<FormData_pg_proc>({ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid},
                                              access.object.objectId);
    if (v.after == nullptr) return false;
    if (v.before == nullptr) return creating_extension && is_compiled(*v.after);
    const Oid extension = extension_of(access.object);
    const bool governing = database.extensions.contains(extension);
    return OidIsValid(extension) &&
           (is_aggregate_replaced(access, *v.before) || !function_kept(v, governing));
}

// An operator of an extension's type that isn't found where it was leaves literals to PostgreSQL's: citext is
// compared as text then.  Where another operator was entered at this one, the command has counted on, and
// both versions are the new one: only what is seen to change nothing else passes.
bool operator_matters(const LockedDatabase &database, const Access &access) {
    const auto v = versions<FormData_pg_operator>(
        {OperatorRelationId, OperatorOidIndexId, Anum_pg_operator_oid}, access.object.objectId);
    const Oid extension = extension_of(access.object);
    if (v.before == nullptr || v.after == nullptr || !OidIsValid(extension)) return false;
    if (same_but_for(OperatorRelationId, v.before_tuple, v.after_tuple, {})) return true;
    if (database.extensions.contains(extension))
        return !same_but_for(OperatorRelationId, v.before_tuple, v.after_tuple, {Anum_pg_operator_oprowner});
    return !same_but_for(OperatorRelationId, v.before_tuple, v.after_tuple,
                         {Anum_pg_operator_oprowner, Anum_pg_operator_oprnamespace});
}

}  // namespace

Oid extension_of(const ObjectAddress &object) {
    return pg::pg_call([&] { return getExtensionOfObject(object.classId, object.objectId); });
}

bool alters_member(const LockedDatabase &database, const Access &access) {
    if (access.type == OAT_DROP || says_extension_script()) return false;
    if (access.object.classId == ProcedureRelationId) return function_matters(database, access);
    return access.object.classId == OperatorRelationId && operator_matters(database, access);
}

}  // namespace retry_ledger::guard
