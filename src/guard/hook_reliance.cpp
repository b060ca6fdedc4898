// What locked tables rely on beside relations: what the extension has; functions, operators, types and casts
// that our statements are made of; and what a value of a governed column is read and shown with.
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"
#include "guard/label.hpp"

extern "C" {
#include "catalog/pg_amproc.h"
}

namespace retry_ledger::guard {

const char *library_of(HeapTuple function) {
    if (!HeapTupleIsValid(function)) return nullptr;
    bool null = true;
    Datum library = 0;
    if (reinterpret_cast<Form_pg_proc>(GETSTRUCT(function))->prolang == ClanguageId)
        library = SysCacheGetAttr(PROCOID, function, Anum_pg_proc_probin, &null);
    const char *path = null ? nullptr : TextDatumGetCString(library);
    const char *slash = path ? strrchr(path, '/') : nullptr;
    return slash ? slash + 1 : path;
}

namespace {

constexpr Catalog functions = {ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid};

// A function of the name of one of ours, beside it: our statements call them by name, and would take the one
// that fits better.
bool overloads_ours(const LockedDatabase &database, const Access &access) {
    if (access.object.classId != ProcedureRelationId || access.type == OAT_DROP || says_extension_script())
        return false;
    return pg::pg_call([&] {
        HeapTuple tuple = version(functions, access.object.objectId, SnapshotSelf);
        if (tuple == nullptr) return false;
        const auto *form = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
        if (form->pronamespace != database.schema) return false;
        List *name = list_make2(makeString(get_namespace_name(database.schema)),
                                makeString(pstrdup(NameStr(form->proname))));
        const FuncCandidateList named = FuncnameGetCandidates(name, -1, NIL, false, false, false, true);
        for (FuncCandidateList other = named; other != nullptr; other = other->next)
            if (getExtensionOfObject(ProcedureRelationId, other->oid) == database.extension) return true;
        return false;
    });
}

// A function that is called as a type of locked tables' columns, beside it, stands for its constructor, or
// for a cast that is written as a call: by arguments that fit better.  One of a range's is part of the type.
bool is_called_as_type(const LockedDatabase &database, const Access &access) {
    if (access.object.classId != ProcedureRelationId || access.type == OAT_DROP || says_extension_script())
        return false;
    const auto v = versions<FormData_pg_proc>(functions, access.object.objectId);
    if (v.after == nullptr || runs_alteration().makes_functions) return false;
    if (v.before && same_but_for(ProcedureRelationId, v.before_tuple, v.after_tuple,
                                 {Anum_pg_proc_proowner, Anum_pg_proc_proacl, Anum_pg_proc_procost,
                                  Anum_pg_proc_prorows, Anum_pg_proc_proparallel}))
        return false;
    const Oid type = pg::pg_call([&] {
        return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, NameGetDatum(&v.after->proname),
                               ObjectIdGetDatum(v.after->pronamespace));
    });
    return database.types.contains(type);
}

// Ours are there already: another event trigger would call their functions out of turn.
bool calls_our_event_function(const LockedDatabase &database, const Access &access) {
    if (access.object.classId != EventTriggerRelationId || access.type != OAT_POST_CREATE) return false;
    const Catalog triggers = {EventTriggerRelationId, EventTriggerOidIndexId, Anum_pg_event_trigger_oid};
    const Oid function = reference(triggers, access.object.objectId, Anum_pg_event_trigger_evtfoid);
    return OidIsValid(function) && belongs_to_us(database, {ProcedureRelationId, function, 0});
}

// A governed column's own type may get an owner, a label; other functions only by the script of an extension.
bool type_kept(const Access &access) {
    const auto v = versions<FormData_pg_type>({TypeRelationId, TypeOidIndexId, Anum_pg_type_oid},
                                              access.object.objectId);
    if (access.type == OAT_DROP) return false;
    if (!v.before || !v.after || says_extension_script()) return true;
    const FormData_pg_type &a = *v.before, &b = *v.after;
    return a.typinput == b.typinput && a.typoutput == b.typoutput && a.typreceive == b.typreceive &&
           a.typsend == b.typsend && a.typlen == b.typlen && a.typbasetype == b.typbasetype &&
           a.typrelid == b.typrelid && a.typmodin == b.typmodin && a.typmodout == b.typmodout &&
           a.typsubscript == b.typsubscript;
}

// A cast between types that our statements read would be used by them.
bool is_read_by_us(const LockedDatabase &database, Oid type) {
    return OidIsValid(type) && (type < FirstNormalObjectId || is_governed_type(database, type));
}

// PostgreSQL's operators take any array, any range; where the target is one that its category prefers, also
// any type that isn't an array.
bool is_taken_as_any(Oid source, Oid target) {
    return pg::pg_call([&] {
        char category;
        bool preferred;
        get_type_category_preferred(target, &category, &preferred);
        return preferred || type_is_array(source) || type_is_range(source) || type_is_multirange(source);
    });
}

// By an implicit cast, operators of the target's type are taken in the place of those of any type; and no
// more when it goes.  Those by a function may go all the same: guard_status() names them.
bool cast_matters(const LockedDatabase &database, const Access &access) {
    if (access.type == OAT_POST_ALTER || says_extension_script()) return false;
    const auto v = versions<FormData_pg_cast>({CastRelationId, CastOidIndexId, Anum_pg_cast_oid},
                                              access.object.objectId);
    const FormData_pg_cast *cast = v.before ? v.before : v.after;
    if (cast == nullptr) return false;
    const Oid source = cast->castsource, target = cast->casttarget;
    const bool implicit = cast->castcontext == COERCION_CODE_IMPLICIT;
    if (access.type == OAT_DROP)
        return implicit && cast->castmethod == COERCION_METHOD_INOUT && !access.internal &&
               (is_governed_type(database, source) || is_governed_type(database, target));
    if (!is_read_by_us(database, source)) return false;
    return is_read_by_us(database, target) ||
           (implicit && (is_governed_type(database, source) || is_taken_as_any(source, target)));
}

// Our own may be switched on again, if somebody had switched them off before the lock.
bool only_enables(const Access &access) {
    if (access.object.classId != EventTriggerRelationId || access.type != OAT_POST_ALTER) return false;
    const auto v = versions<FormData_pg_event_trigger>(
        {EventTriggerRelationId, EventTriggerOidIndexId, Anum_pg_event_trigger_oid}, access.object.objectId);
    return v.before && v.after && v.after->evtenabled == TRIGGER_FIRES_ALWAYS &&
           v.before->evtowner == v.after->evtowner && v.before->evtfoid == v.after->evtfoid &&
           strcmp(NameStr(v.before->evtname), NameStr(v.after->evtname)) == 0;
}

const char *library_of_known(Oid function) {
    return pg::pg_call([&] {
        HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
        const char *library = library_of(tuple);
        if (HeapTupleIsValid(tuple)) ReleaseSysCache(tuple);
        return library;
    });
}

bool begins_with(std::string_view name, std::string_view start) {
    return name.substr(0, start.size()) == start;
}

bool exchanges_files(std::string_view library) {
    return begins_with(library, "pg_repack");
}

}  // namespace

bool writes_beneath(std::string_view library) {
    return begins_with(library, "pg_surgery") || begins_with(library, "adminpack");
}

// Not every call of a function asks hooks: an index calls the support functions of its operator class
// without. So those of some libraries aren't declared, nor made support functions.
bool comes_unasked(const Access &access) {
    if (calls_compiled(access)) return true;
    if (access.type == OAT_DROP) return false;
    const ObjectAddress &object = access.object;
    const char *library = nullptr;
    if (object.classId == ProcedureRelationId)
        library = pg::pg_call([&] { return library_of(version(functions, object.objectId, SnapshotSelf)); });
    else if (object.classId == AccessMethodProcedureRelationId)
        library = library_of_known(
            reference({AccessMethodProcedureRelationId, AccessMethodProcedureOidIndexId, Anum_pg_amproc_oid},
                      object.objectId, Anum_pg_amproc_amproc));
    if (library == nullptr) return false;
    return writes_beneath(library) || (exchanges_files(library) && !says_extension_script());
}

void check_reliance(const LockedDatabase &database, const Access &access) {
    const ObjectAddress &object = access.object;
    const bool relied_on = changes_built_in(access) || comes_to_pg_catalog(access) || comes_unasked(access) ||
                           overloads_ours(database, access) || is_called_as_type(database, access) ||
                           calls_our_event_function(database, access) ||
                           renames_what_queries_name(database, access) || alters_search(database, access) ||
                           changes_comparison(database, access) || alters_member(database, access) ||
                           (object.classId == ProcedureRelationId && !says_extension_script() &&
                            (database.functions.contains(object.objectId) ||
                             (access.type != OAT_DROP && is_believed(database, object.objectId)))) ||
                           (object.classId == TypeRelationId && database.types.contains(object.objectId) &&
                            !type_kept(access)) ||
                           (object.classId == CastRelationId && cast_matters(database, access)) ||
                           (belongs_to_us(database, object) && !only_enables(access));
    if (relied_on) refuse(access, InvalidOid);
}

void check_execution(Oid function) {
    if (function < FirstNormalObjectId) return;
    const char *library = library_of_known(function);
    if (library == nullptr || !(exchanges_files(library) || writes_beneath(library)) || !server_has_locks())
        return;
    if (exchanges_files(library)) return note_files(locked_database());
    refuse_locked(core::format("{} changes rows or files beneath their guards",
                               describe({ProcedureRelationId, function, 0})),
                  InvalidOid);
}

}  // namespace retry_ledger::guard
