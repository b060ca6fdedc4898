// Operators that would be taken in the place of PostgreSQL's own, or of an extension's, where nobody names a
// schema: those of types that fit better.  PostgreSQL compares varchar as text, arrays as anyarray, and reads
// a literal as whatever the other side of the best operator is.  So it isn't enough that both sides are types
// that a column may have: varchar = anything takes WHERE note = 'x', as soon as it is there.
//
// What is taken is asked of PostgreSQL's parser, among the operators that are there.  Types that locked
// tables have brought along aren't looked at here: they get no operators at all (hook_operators.cpp).
#include "guard/hook_access.hpp"

#include <algorithm>

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

FuncCandidateList candidate(const FormData_pg_operator &form, int count, FuncCandidateList next) {
    auto *made =
        static_cast<FuncCandidateList>(palloc0(sizeof(*next) + sizeof(Oid) * static_cast<size_t>(count)));
    made->next = next;
    made->oid = form.oid;
    made->nominalnargs = made->nargs = count;
    made->args[0] = count == 2 ? form.oprleft : form.oprright;
    if (count == 2) made->args[1] = form.oprright;
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
            known = candidate(form, operation.count, known);
    }
    ReleaseSysCacheList(named);
    return known;
}

// As oper() looks it up, but without a search path.
FuncCandidateList taken(FuncCandidateList known, int count, Oid *types) {
    for (FuncCandidateList one = known; one != nullptr; one = one->next)
        if (std::equal(types, types + count, one->args)) return one;
    FuncCandidateList fitting = nullptr;
    switch (func_match_argtypes(count, types, known, &fitting)) {
        case 0:
            return nullptr;
        case 1:
            return fitting;
        default:
            return func_select_candidate(count, types, fitting);
    }
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

// Against types that are no kind of arrays or ranges, or of types that nothing says anything about, it fits
// as well as PostgreSQL's own anyenum.
bool hides_of_any(FuncCandidateList known, const Operation &operation, int side) {
    const Oid other = operation.count == 2 ? operation.sides[1 - side] : InvalidOid;
    return !is_built_in(other) || taken_with_literal(known, other, 1 - side) != nullptr;
}

bool hides(FuncCandidateList known, Operation operation) {
    if (known == nullptr) return false;
    bool all_built_in = true;
    for (int side = 0; side < operation.count; side++) {
        if (takes_any(operation.sides[side])) return hides_of_any(known, operation, side);
        all_built_in &= is_built_in(operation.sides[side]);
    }
    if (all_built_in && taken(known, operation.count, operation.sides) != nullptr) return true;
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
