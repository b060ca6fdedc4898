// While an extension's script runs, PostgreSQL takes whatever comes for the extension's, and lets what it has
// made go: event triggers, and functions that the script calls, could put something else in its place, which
// the script then makes operators, classes and functions in C of.  So nobody but the script makes, alters or
// drops what computes, compares, or is named by what does.  Tables may come and go, for whoever keeps a log
// of DDL, and another owner is no change.
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
}

namespace retry_ledger::guard {

namespace {

// The type of a table's rows, or an array: these come with what they are of.
bool is_derived_type(const Access &access) {
    const auto v = versions<FormData_pg_type>({TypeRelationId, TypeOidIndexId, Anum_pg_type_oid},
                                              access.object.objectId);
    return v.after != nullptr && (v.after->typinput == F_ARRAY_IN || OidIsValid(v.after->typrelid));
}

// The column that says whose it is, of what computes, compares or is named by what does; 0: it has none.
struct Owned {
    Oid catalog;
    AttrNumber owner, privileges;
};
constexpr Owned code[] = {
    {ProcedureRelationId, Anum_pg_proc_proowner, Anum_pg_proc_proacl},
    {TypeRelationId, Anum_pg_type_typowner, Anum_pg_type_typacl},
    {OperatorRelationId, Anum_pg_operator_oprowner, 0},
    {OperatorClassRelationId, Anum_pg_opclass_opcowner, 0},
    {OperatorFamilyRelationId, Anum_pg_opfamily_opfowner, 0},
    {LanguageRelationId, Anum_pg_language_lanowner, Anum_pg_language_lanacl},
    {CollationRelationId, Anum_pg_collation_collowner, 0},
    {TSConfigRelationId, Anum_pg_ts_config_cfgowner, 0},
    {TSDictionaryRelationId, Anum_pg_ts_dict_dictowner, 0},
    {AccessMethodRelationId, 0, 0},
    {AccessMethodOperatorRelationId, 0, 0},
    {AccessMethodProcedureRelationId, 0, 0},
    {CastRelationId, 0, 0},
    {TransformRelationId, 0, 0},
    {TSParserRelationId, 0, 0},
    {TSTemplateRelationId, 0, 0},
    {TSConfigMapRelationId, 0, 0},
};

// Another owner is no change.
bool is_altered(const Access &access, const Owned &kind) {
    if (kind.owner == 0) return true;
    const Catalog catalog = {kind.catalog, get_object_oid_index(kind.catalog),
                             get_object_attnum_oid(kind.catalog)};
    return pg::pg_call([&] {
        HeapTuple before = version(catalog, access.object.objectId, nullptr),
                  after = version(catalog, access.object.objectId, SnapshotSelf);
        return before == nullptr || after == nullptr ||
               !same_but_for(kind.catalog, before, after, {kind.owner, kind.privileges});
    });
}

}  // namespace

bool meddles_with_script(const Access &access) {
    if (!creating_extension || says_extension_script()) return false;
    const auto *kind = std::find_if(std::begin(code), std::end(code), [&](const Owned &owned) {
        return owned.catalog == access.object.classId;
    });
    if (kind == std::end(code)) return false;
    if (access.type == OAT_POST_CREATE)
        return access.object.classId != TypeRelationId || !is_derived_type(access);
    return extension_of(access.object) == CurrentExtensionObject &&
           (access.type == OAT_DROP ? !access.internal : is_altered(access, *kind));
}

}  // namespace retry_ledger::guard
