// What sorting, hashing, indexes and the planner take for true without anybody naming it: operators and
// functions in PostgreSQL's own families, what an operator is the opposite of, and how the types of locked
// tables are compared.
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
}

namespace retry_ledger::guard {

namespace {

constexpr Catalog operators = {OperatorRelationId, OperatorOidIndexId, Anum_pg_operator_oid},
                  classes = {OperatorClassRelationId, OpclassOidIndexId, Anum_pg_opclass_oid};

// What a family is made of.
struct Member {
    Catalog catalog;
    AttrNumber family, left, right;
};
constexpr Member members[] = {
    {{AccessMethodOperatorRelationId, AccessMethodOperatorOidIndexId, Anum_pg_amop_oid},
     Anum_pg_amop_amopfamily,
     Anum_pg_amop_amoplefttype,
     Anum_pg_amop_amoprighttype},
    {{AccessMethodProcedureRelationId, AccessMethodProcedureOidIndexId, Anum_pg_amproc_oid},
     Anum_pg_amproc_amprocfamily,
     Anum_pg_amproc_amproclefttype,
     Anum_pg_amproc_amprocrighttype},
};

bool is_built_in(Oid oid) {
    return OidIsValid(oid) && oid < FirstNormalObjectId;
}

// Whether the type is compared by that family, wherever nobody names another one.
bool is_compared_by(Oid type, Oid family) {
    return pg::pg_call([&] {
        for (const Oid method : {BTREE_AM_OID, HASH_AM_OID}) {
            const Oid opclass = GetDefaultOpClass(type, method);
            if (OidIsValid(opclass) && get_opclass_family(opclass) == family) return true;
        }
        return false;
    });
}

// To a family of PostgreSQL's, the script of an extension may add what compares with a type of its own; what
// is PostgreSQL's there can't be dropped.
bool member_matters(const LockedDatabase &database, const Access &access, const Member &member) {
    if (access.type == OAT_POST_ALTER) return false;
    const Oid oid = access.object.objectId, family = reference(member.catalog, oid, member.family),
              left = reference(member.catalog, oid, member.left),
              right = reference(member.catalog, oid, member.right);
    if (is_built_in(family))
        return access.type == OAT_POST_CREATE &&
               (!says_extension_script() || (is_built_in(left) && is_built_in(right)));
    if (says_extension_script()) return false;
    return (database.types.contains(left) && is_compared_by(left, family)) ||
           (database.types.contains(right) && is_compared_by(right, family));
}

// PostgreSQL enters the new operator at the other one as well.
bool operator_matters(const Access &access) {
    if (access.type == OAT_DROP) return false;
    const Oid oid = access.object.objectId;
    return is_built_in(reference(operators, oid, Anum_pg_operator_oprcom)) ||
           is_built_in(reference(operators, oid, Anum_pg_operator_oprnegate));
}

bool class_matters(const LockedDatabase &database, const Access &access) {
    if (access.type == OAT_POST_ALTER || says_extension_script()) return false;
    const auto v = versions<FormData_pg_opclass>(classes, access.object.objectId);
    const FormData_pg_opclass *opclass = v.before ? v.before : v.after;
    return opclass != nullptr && opclass->opcdefault && database.types.contains(opclass->opcintype);
}

}  // namespace

bool changes_comparison(const LockedDatabase &database, const Access &access) {
    for (const Member &member : members)
        if (access.object.classId == member.catalog.relation) return member_matters(database, access, member);
    if (access.object.classId == OperatorRelationId) return operator_matters(access);
    return access.object.classId == OperatorClassRelationId && class_matters(database, access);
}

}  // namespace retry_ledger::guard
