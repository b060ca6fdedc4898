// get_relation_info_hook.  Looks at the expressions as they are stored: PostgreSQL hands them over computed
// as far as can be, which is where a lie shows no more.
#include "pg/planner_indexes.hpp"

#include "pg/compat.hpp"
#include "pg/error.hpp"
#include "pg/planner.hpp"

extern "C" {
#include "optimizer/plancat.h"
}

namespace retry_ledger::pg {

namespace {

get_relation_info_hook_type next_hook = nullptr;
Doubts known = {nullptr, nullptr};

// What follows runs within a pg_call.

// A name of something that can be altered: to_tsvector('simple', ...) says what `simple` says today.
bool is_reference(Oid type) {
    switch (type) {
        case REGPROCOID:
        case REGPROCEDUREOID:
        case REGOPEROID:
        case REGOPERATOROID:
        case REGCLASSOID:
        case REGTYPEOID:
        case REGCONFIGOID:
        case REGDICTIONARYOID:
        case REGNAMESPACEOID:
        case REGROLEOID:
        case REGCOLLATIONOID:
            return true;
        default:
            return false;
    }
}

// Functions that are built in compare values of ranges, composite types and arrays as the default operator
// classes of these types say, which are whoever's who has made the type.
bool is_lasting_type(Oid declared) {
    const Oid type = getBaseType(declared);
    if (type < FirstNormalObjectId) return !is_reference(type);
    const Oid element = get_element_type(type);
    const char kind = get_typtype(OidIsValid(element) ? getBaseType(element) : type);
    return kind == TYPTYPE_ENUM || (kind == TYPTYPE_BASE && !OidIsValid(element));
}

// Functions in C change with their library only.
bool is_changeable_function(Oid function, void *) {
    if (function < FirstNormalObjectId) return false;
    HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
    if (!HeapTupleIsValid(tuple)) return true;
    const Oid language = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prolang;
    ReleaseSysCache(tuple);
    return language != ClanguageId;
}

bool may_change(Node *node, void *context) {
    if (node == nullptr) return false;
    if (!IsA(node, List)) {
        if (check_functions_in_node(node, is_changeable_function, nullptr)) return true;
        const Oid type = exprType(node);
        if (!is_lasting_type(type)) return true;
        // GREATEST and LEAST compare by the type's default operator class.
        if (IsA(node, MinMaxExpr) && type >= FirstNormalObjectId) return true;
    }
    return compat::walk_expression(node, may_change, context);
}

bool is_lasting(Oid index) {
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
    if (!HeapTupleIsValid(tuple)) return false;
    bool lasting = true;
    for (const AttrNumber part : {Anum_pg_index_indexprs, Anum_pg_index_indpred}) {
        bool null;
        const Datum stored = SysCacheGetAttr(INDEXRELID, tuple, part, &null);
        if (null || !lasting) continue;
        lasting = !may_change(static_cast<Node *>(stringToNode(TextDatumGetCString(stored))), nullptr);
    }
    ReleaseSysCache(tuple);
    return lasting;
}

// On a catalog, only the indexes that PostgreSQL has put there.
bool is_believable(Oid relation, Oid index) {
    if (relation < FirstNormalObjectId) return index < FirstNormalObjectId;
    return is_lasting(index);
}

void keep_believable(Oid relation, RelOptInfo *info) {
    ListCell *cell;
    foreach (cell, info->indexlist)
        if (!is_believable(relation, static_cast<IndexOptInfo *>(lfirst(cell))->indexoid))
            info->indexlist = foreach_delete_current(info->indexlist, cell);
}

void relation_info(PlannerInfo *root, Oid relation, bool inherited, RelOptInfo *info) {
    if (next_hook) next_hook(root, relation, inherited, info);
    (void)entry([&]() -> Datum {
        const bool doubtful = known.doubtful != nullptr && known.doubtful(relation);
        if (doubtful) disbelieve_checks();
        if (doubtful || plans_ours()) pg_call([&] { keep_believable(relation, info); });
        return Datum(0);
    });
}

}  // namespace

void doubt(const Doubts &doubts) {
    known = doubts;
}

bool doubts_any() {
    return known.any != nullptr && known.any();
}

void install_index_hook() {
    next_hook = std::exchange(get_relation_info_hook, relation_info);
}

}  // namespace retry_ledger::pg
