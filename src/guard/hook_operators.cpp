// What sorting, hashing, indexes and the planner take for true without anybody naming it: operators and
// functions in PostgreSQL's own families, what an operator is the opposite of, how the types of locked tables
// are compared, and operators of these types, or that are taken in the place of others (hook_fitting.cpp).
#include "guard/hook_access.hpp"
#include "guard/hook_script.hpp"
#include "guard/type_parts.hpp"

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

bool is_extensions(const ObjectAddress &object) {
    return OidIsValid(object.objectId) && OidIsValid(extension_of(object));
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

// What is made of types.
struct Made {
    Catalog catalog;
    AttrNumber types[2];
};
constexpr Made made[] = {
    {operators, {Anum_pg_operator_oprleft, Anum_pg_operator_oprright}},
    {{CastRelationId, CastOidIndexId, Anum_pg_cast_oid}, {Anum_pg_cast_castsource, Anum_pg_cast_casttarget}},
    {classes, {Anum_pg_opclass_opcintype, Anum_pg_opclass_opckeytype}},
};

// The planner draws conclusions from any family of an operator's, by the number that it has there, indexes or
// not: LIKE in the place of < proves that rows can't be.  So nobody makes one for types that locked tables
// may have, not even of what is built in. To a family of PostgreSQL's, the script of an extension may add
// what compares with a type of its own; what is PostgreSQL's there can't be dropped.  Nor does anybody take
// out of a family what its indexes can do without, and then find nothing; it goes with all of its family.
bool member_matters(const LockedDatabase &database, const Access &access, const Member &member) {
    if (access.type == OAT_POST_ALTER) return false;
    const Oid oid = access.object.objectId, family = reference(member.catalog, oid, member.family),
              left = reference(member.catalog, oid, member.left),
              right = reference(member.catalog, oid, member.right);
    if (is_built_in(family))
        return access.type == OAT_POST_CREATE &&
               (!says_extension_script() || (is_built_in(left) && is_built_in(right)));
    if (says_extension_script()) return false;
    const bool by_hand = access.type == OAT_POST_CREATE || runs_alteration().drops_members;
    for (const Oid type : {left, right}) {
        const bool governed = is_governed_type(database, type);
        if (by_hand ? governed || is_built_in(type) : governed && is_compared_by(type, family)) return true;
    }
    return by_hand && is_extensions({OperatorFamilyRelationId, family, 0});
}

// Of a type that locked tables have brought along, whatever the other side and the name are: PostgreSQL's own
// for it is one of any enum, of any array, or an extension's.  A domain is looked up as what it is made of.
bool has_governed_side(const LockedDatabase &database, Oid oid) {
    for (const AttrNumber side : {Anum_pg_operator_oprleft, Anum_pg_operator_oprright}) {
        const Oid declared = reference(operators, oid, side);
        if (!OidIsValid(declared)) continue;
        const Oid type = pg::pg_call([&] { return getBaseType(declared); });
        if (is_governed_type(database, declared) || is_governed_type(database, type)) return true;
    }
    return false;
}

// Also by another schema.
bool comes_into_reach(const Access &access) {
    if (access.type == OAT_POST_CREATE) return true;
    const auto v = versions<FormData_pg_operator>(operators, access.object.objectId);
    return v.before && v.after && v.before->oprnamespace != v.after->oprnamespace;
}

// PostgreSQL enters the new operator at the other one as well.  One that was there before the lock stays:
// without it another one is taken.
bool operator_matters(const LockedDatabase &database, const Access &access) {
    const Oid oid = access.object.objectId;
    if (access.type == OAT_DROP)
        return !access.internal && !is_extensions(access.object) && has_governed_side(database, oid);
    // What is done to an extension's own is judged as that (hook_members.cpp).
    const bool scripted =
        says_extension_script() || (access.type == OAT_POST_ALTER && is_extensions(access.object));
    if (comes_into_reach(access) && !scripted &&
        (has_governed_side(database, oid) || hides_known_operator(oid)))
        return true;
    for (const AttrNumber link : {Anum_pg_operator_oprcom, Anum_pg_operator_oprnegate}) {
        const Oid other = reference(operators, oid, link);
        if (is_built_in(other) ||
            (!scripted && other != oid && is_extensions({OperatorRelationId, other, 0})))
            return true;
    }
    return false;
}

// A class that isn't the default is for whoever names it in an index, which then finds what the class says.
bool class_matters(const LockedDatabase &database, const Access &access) {
    if (access.type == OAT_POST_ALTER || says_extension_script()) return false;
    const auto v = versions<FormData_pg_opclass>(classes, access.object.objectId);
    const FormData_pg_opclass *opclass = v.before ? v.before : v.after;
    if (opclass == nullptr) return false;
    const bool governed = is_governed_type(database, opclass->opcintype);
    if (access.type == OAT_POST_CREATE) return governed || is_built_in(opclass->opcintype);
    return governed && opclass->opcdefault;
}

}  // namespace

bool is_governed_type(const LockedDatabase &database, Oid type) {
    const Oid element = pg::pg_call([&] { return get_element_type(type); });
    for (const Oid part : {type, element}) {
        if (!OidIsValid(part)) continue;
        if (database.types.contains(part)) return true;
        const Oid relation = pg::pg_call([&] { return get_typ_typrelid(part); });
        if (OidIsValid(relation) &&
            (database.own.contains(relation) || OidIsValid(locked_root(database, relation))))
            return true;
    }
    return false;
}

void wait_for_columns(const Access &access) {
    if (access.type != OAT_POST_CREATE) return;
    for (const Made &kind : made)
        if (kind.catalog.relation == access.object.classId)
            for (const AttrNumber column : kind.types)
                hold_against_columns(reference(kind.catalog, access.object.objectId, column));
}

bool changes_comparison(const LockedDatabase &database, const Access &access) {
    for (const Member &member : members)
        if (access.object.classId == member.catalog.relation) return member_matters(database, access, member);
    if (access.object.classId == OperatorRelationId) return operator_matters(database, access);
    return access.object.classId == OperatorClassRelationId && class_matters(database, access);
}

}  // namespace retry_ledger::guard
