// What PostgreSQL comes with: its functions, operators, types, casts, collations, text search and languages,
// and the schema that they are in, which is searched first by whoever names none.
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "utils/catcache.h"
}

namespace retry_ledger::guard {

namespace {

// An object of pg_catalog is taken by who writes its name, with the schema or without.  The script of an
// extension may bring names that PostgreSQL hasn't got itself.
struct Placed {
    Catalog catalog;
    AttrNumber name, schema;
    int by_name;  // a cache whose key begins with the name, where that isn't all of it; or -1
};
constexpr Placed placed[] = {
    {{ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid},
     Anum_pg_proc_proname,
     Anum_pg_proc_pronamespace,
     PROCNAMEARGSNSP},
    {{OperatorRelationId, OperatorOidIndexId, Anum_pg_operator_oid},
     Anum_pg_operator_oprname,
     Anum_pg_operator_oprnamespace,
     OPERNAMENSP},
    {{RelationRelationId, ClassOidIndexId, Anum_pg_class_oid}, 0, Anum_pg_class_relnamespace, -1},
    {{TypeRelationId, TypeOidIndexId, Anum_pg_type_oid},
     Anum_pg_type_typname,
     Anum_pg_type_typnamespace,
     TYPENAMENSP},
    {{CollationRelationId, CollationOidIndexId, Anum_pg_collation_oid},
     Anum_pg_collation_collname,
     Anum_pg_collation_collnamespace,
     COLLNAMEENCNSP},
    {{TSConfigRelationId, TSConfigOidIndexId, Anum_pg_ts_config_oid}, 0, Anum_pg_ts_config_cfgnamespace, -1},
    {{TSDictionaryRelationId, TSDictionaryOidIndexId, Anum_pg_ts_dict_oid},
     0,
     Anum_pg_ts_dict_dictnamespace,
     -1},
};

// Whether something that is built in has the object's name.
bool has_built_in_name(const Placed &place, Oid object) {
    if (place.by_name < 0) return false;
    return pg::pg_call([&] {
        HeapTuple tuple = version(place.catalog, object, SnapshotSelf);
        if (tuple == nullptr) return false;
        bool null;
        Relation catalog = table_open(place.catalog.relation, AccessShareLock);
        CatCList *named = SearchSysCacheList1(
            place.by_name, heap_getattr(tuple, place.name, RelationGetDescr(catalog), &null));
        bool found = false;
        for (int i = 0; i < named->n_members; i++) {
            const Datum oid = heap_getattr(&named->members[i]->tuple, place.catalog.oid_column,
                                           RelationGetDescr(catalog), &null);
            found |= DatumGetObjectId(oid) < FirstNormalObjectId;
        }
        ReleaseSysCacheList(named);
        table_close(catalog, AccessShareLock);
        return found;
    });
}

// Types and collations of PostgreSQL's own are there: see changes_built_in.  A row type comes with its table,
// as VACUUM FULL makes one, an array with what it is of.
bool is_there_or_comes_along(const ObjectAddress &object) {
    if (object.classId != TypeRelationId && object.classId != CollationRelationId) return false;
    if (object.objectId < FirstNormalObjectId) return true;
    if (object.classId == CollationRelationId) return false;
    return pg::pg_call([&] {
        const HeapTuple tuple =
            version({TypeRelationId, TypeOidIndexId, Anum_pg_type_oid}, object.objectId, SnapshotSelf);
        if (tuple == nullptr) return true;
        const auto &form = *reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
        return OidIsValid(form.typrelid) || (OidIsValid(form.typelem) && form.typlen == -1);
    });
}

// The version of a collation is refreshed after an upgrade of the system's library.
bool refreshes_collation(const Access &access) {
    if (access.type != OAT_POST_ALTER) return false;
    const auto v = versions<FormData_pg_collation>(
        {CollationRelationId, CollationOidIndexId, Anum_pg_collation_oid}, access.object.objectId);
    return v.before && v.after &&
           same_but_for(CollationRelationId, v.before_tuple, v.after_tuple,
                        {Anum_pg_collation_collversion, Anum_pg_collation_collowner});
}

}  // namespace

bool comes_to_pg_catalog(const Access &access) {
    if (access.type == OAT_DROP || access.internal)
        return false;  // VACUUM FULL makes a table there for a while
    if (is_there_or_comes_along(access.object)) return false;
    const Oid object = access.object.objectId;
    for (const Placed &p : placed)
        if (p.catalog.relation == access.object.classId)
            return reference(p.catalog, object, p.schema) == PG_CATALOG_NAMESPACE &&
                   (!says_extension_script() || has_built_in_name(p, object));
    return false;
}

bool changes_built_in(const Access &access) {
    const ObjectAddress &object = access.object;
    if (object.objectId >= FirstNormalObjectId) return false;
    if (object.classId == NamespaceRelationId) return object.objectId == PG_CATALOG_NAMESPACE;
    if (object.classId == CollationRelationId) return !refreshes_collation(access);
    for (const Oid catalog :
         {ProcedureRelationId, OperatorRelationId, OperatorClassRelationId, OperatorFamilyRelationId,
          TypeRelationId, CastRelationId, TSConfigRelationId, TSConfigMapRelationId, TSDictionaryRelationId,
          TSParserRelationId, TSTemplateRelationId, ConversionRelationId, LanguageRelationId,
          AccessMethodRelationId})
        if (object.classId == catalog) return true;
    return false;
}

}  // namespace retry_ledger::guard
