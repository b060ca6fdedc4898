// Operators that would be taken in the place of PostgreSQL's own, or of an extension's, where nobody names a
// schema: those of types that fit better.  PostgreSQL compares varchar as text, arrays as anyarray, and reads
// a literal as whatever the other side of the best operator is.  So it isn't enough that both sides are types
// that a column may have: varchar = anything takes WHERE note = 'x', as soon as it is there.
//
// Of PostgreSQL's own types, and of any type, nobody makes one by a name that is there: PostgreSQL prefers
// oid and float8 among numbers, and text among strings, so that int8 % float8 takes id % 2, and anyelement @>
// text takes any array with a literal.  Of others, what is taken is asked of PostgreSQL's parser, among the
// operators that are there without the new one and with it.  Types that locked tables have brought along
// aren't looked at here: they get no operators at all (hook_operators.cpp).
#include "guard/hook_access.hpp"

#include <algorithm>
#include <vector>

extern "C" {
#include "utils/catcache.h"
}

namespace retry_ledger::guard {

namespace {

struct Operation {
    const char *name;
    int count;  // of sides: a prefix operator has but one
    Oid sides[2], result;
};

// What follows runs within a pg_call.

// Some array, or range, stands for all that PostgreSQL's operators take as any.
Oid as_looked_up(Oid declared) {
    const Oid type = getBaseType(declared);  // of a side that is there
    switch (type) {
        case ANYARRAYOID:
        case ANYCOMPATIBLEARRAYOID:
            return TEXTARRAYOID;
        case ANYRANGEOID:
        case ANYCOMPATIBLERANGEOID:
            return INT4RANGEOID;
        case ANYMULTIRANGEOID:
        case ANYCOMPATIBLEMULTIRANGEOID:
            return INT4MULTIRANGEOID;
        default:
            return type;
    }
}

bool takes_any(Oid type) {
    return get_typtype(type) == TYPTYPE_PSEUDO;
}

bool is_built_in(Oid type) {
    return OidIsValid(type) && type < FirstNormalObjectId && !takes_any(type);
}

bool read_operation(Oid oid, Operation *read) {
    HeapTuple tuple =
        version({OperatorRelationId, OperatorOidIndexId, Anum_pg_operator_oid}, oid, SnapshotSelf);
    if (tuple == nullptr) return false;
    const auto &form = *reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
    *read = {NameStr(form.oprname), 1, {as_looked_up(form.oprright), InvalidOid}, form.oprresult};
    if (OidIsValid(form.oprleft))
        *read = {NameStr(form.oprname),
                 2,
                 {as_looked_up(form.oprleft), as_looked_up(form.oprright)},
                 form.oprresult};
    return true;
}

FuncCandidateList candidate(Oid oid, int count, const Oid *sides, FuncCandidateList next) {
    auto *made =
        static_cast<FuncCandidateList>(palloc0(sizeof(*next) + sizeof(Oid) * static_cast<size_t>(count)));
    made->next = next;
    made->oid = oid;
    made->nominalnargs = made->nargs = count;
    std::copy(sides, sides + count, made->args);
    return made;
}

// Operators of that name that applications rely on.
FuncCandidateList known_operators(const Operation &operation, bool of_extensions) {
    FuncCandidateList known = nullptr;
    CatCList *named = SearchSysCacheList1(OPERNAMENSP, CStringGetDatum(operation.name));
    for (int i = 0; i < named->n_members; i++) {
        const auto &form = *reinterpret_cast<Form_pg_operator>(GETSTRUCT(&named->members[i]->tuple));
        if (OidIsValid(form.oprleft) == (operation.count == 2) &&
            (form.oid < FirstNormalObjectId ||
             (of_extensions && OidIsValid(getExtensionOfObject(OperatorRelationId, form.oid)))))
            known = candidate(form.oid, operation.count,
                              operation.count == 2 ? &form.oprleft : &form.oprright, known);
    }
    ReleaseSysCacheList(named);
    return known;
}

// As oper() looks it up, but without a search path.  PostgreSQL chains the candidates anew while it chooses.
FuncCandidateList taken(FuncCandidateList known, int count, Oid *types) {
    FuncCandidateList candidates = nullptr, fitting = nullptr;
    for (FuncCandidateList one = known; one != nullptr; one = one->next) {
        if (std::equal(types, types + count, one->args)) return one;
        candidates = candidate(one->oid, count, one->args, candidates);
    }
    switch (func_match_argtypes(count, types, candidates, &fitting)) {
        case 0:
            return nullptr;
        case 1:
            return fitting;
        default:
            return func_select_candidate(count, types, fitting);
    }
}

// PostgreSQL's own types that are taken for it where nobody casts them: text for a geometry.
std::vector<Oid> taken_for(Oid type) {
    std::vector<Oid> found;
    if (is_built_in(type)) found.push_back(type);
    Relation casts = table_open(CastRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(casts, InvalidOid, false, nullptr, 0, nullptr);
    for (HeapTuple row = systable_getnext(scan); HeapTupleIsValid(row); row = systable_getnext(scan)) {
        const auto &cast = *reinterpret_cast<Form_pg_cast>(GETSTRUCT(row));
        if (cast.casttarget == type && cast.castcontext == COERCION_CODE_IMPLICIT &&
            cast.castsource < FirstNormalObjectId)
            found.push_back(cast.castsource);
    }
    systable_endscan(scan);
    table_close(casts, AccessShareLock);
    return found;
}

// Whether the new one is taken where a known one was, for these types.
bool takes(FuncCandidateList known, const Operation &operation, Oid *types) {
    if (taken(known, operation.count, types) == nullptr) return false;
    FuncCandidateList found =
        taken(candidate(InvalidOid, operation.count, operation.sides, known), operation.count, types);
    return found != nullptr && !OidIsValid(found->oid);
}

bool takes_types(FuncCandidateList known, const Operation &operation) {
    const std::vector<Oid> first = taken_for(operation.sides[0]);
    const std::vector<Oid> second =
        operation.count == 2 ? taken_for(operation.sides[1]) : std::vector<Oid>{0};
    for (const Oid one : first)
        for (const Oid other : second) {
            Oid types[] = {one, other};
            if (takes(known, operation, types)) return true;
        }
    return false;
}

// With a literal on the other side, which is read as the same type wherever that is possible.
FuncCandidateList taken_with_literal(FuncCandidateList known, Oid type, int side) {
    Oid same[] = {type, type}, types[] = {UNKNOWNOID, UNKNOWNOID};
    types[side] = type;
    FuncCandidateList found = taken(known, 2, same);
    if (found != nullptr && std::equal(same, same + 2, found->args)) return found;
    return taken(known, 2, types);
}

// Whether the new one takes literals from the one that is known.  Of two sides of one type it does: '{}' is a
// path and a document, '1' a key and a document, '2' a number and an interval.  Not so of any kind of array:
// a literal that is none of it is refused then, and nothing is hidden.
bool takes_literals(FuncCandidateList known, const Operation &operation, int side) {
    const Oid type = operation.sides[side], other = operation.sides[1 - side];
    FuncCandidateList found = taken_with_literal(known, type, side);
    if (found == nullptr || (found->args[0] == type && found->args[1] == type)) return false;
    if (found->args[side] != type) return true;
    if (other == type) return operation.result == BOOLOID || !type_is_array(type);
    char category;
    bool preferred;
    get_type_category_preferred(other, &category, &preferred);
    return preferred || category == TYPCATEGORY_STRING;
}

bool hides(FuncCandidateList known, Operation operation) {
    if (known == nullptr) return false;
    int built_in = 0;
    for (int side = 0; side < operation.count; side++) {
        const Oid other = operation.count == 2 ? operation.sides[1 - side] : InvalidOid;
        if (takes_any(operation.sides[side]) && !is_built_in(other)) return true;
        built_in += is_built_in(operation.sides[side]) || takes_any(operation.sides[side]);
    }
    if (built_in == operation.count || takes_types(known, operation)) return true;
    for (int side = 0; side < operation.count && operation.count == 2; side++)
        if (is_built_in(operation.sides[side]) && takes_literals(known, operation, side)) return true;
    return false;
}

}  // namespace

bool hides_known_operator(Oid oid) {
    return pg::pg_call([&] {
        Operation operation;
        if (!read_operation(oid, &operation)) return false;
        return hides(known_operators(operation, false), operation) ||
               hides(known_operators(operation, true), operation);
    });
}

}  // namespace retry_ledger::guard
