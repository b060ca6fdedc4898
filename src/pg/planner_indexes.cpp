// get_relation_info_hook.
#include "pg/planner_indexes.hpp"

#include "pg/error.hpp"
#include "pg/exclusion.hpp"
#include "pg/fuzzy_search.hpp"
#include "pg/index_answers.hpp"
#include "pg/lasting.hpp"
#include "pg/planner.hpp"

extern "C" {
#include "catalog/pg_am.h"
#include "optimizer/plancat.h"
}

namespace retry_ledger::pg {

namespace {

get_relation_info_hook_type next_hook = nullptr;
Doubts known = {nullptr, nullptr};

// What follows runs within a pg_call.

bool has_known_classes(HeapTuple index) {
    bool null;
    const Datum stored = SysCacheGetAttr(INDEXRELID, index, Anum_pg_index_indclass, &null);
    const auto &classes = *reinterpret_cast<const oidvector *>(DatumGetPointer(stored));
    for (int i = 0; i < classes.dim1; i++)
        if (!is_known_class(classes.values[i])) return false;
    return true;
}

bool is_own_table(Oid relation) {
    const Oid extension = get_extension_oid("retry_ledger", true);
    return OidIsValid(extension) && getExtensionOfObject(RelationRelationId, relation) == extension;
}

// What is computed of it, if anything, is the same for ever.
bool is_lasting(Oid relation, HeapTuple index) {
    bool lasting = has_known_classes(index);
    for (const AttrNumber part : {Anum_pg_index_indexprs, Anum_pg_index_indpred}) {
        bool null;
        const Datum stored = SysCacheGetAttr(INDEXRELID, index, part, &null);
        if (null || !lasting) continue;
        lasting = (!plans_ours() || is_own_table(relation)) &&
                  !may_change(static_cast<Node *>(stringToNode(TextDatumGetCString(stored))));
    }
    return lasting;
}

bool may_miss_rows(const IndexOptInfo &index) {
    for (int i = 0; i < index.nkeycolumns; i++) {
        const IndexKey key = {index.relam, index.opfamily[i], index.opcintype[i], index.indexcollations[i]};
        if (is_untried(key) || may_miss_rows(key)) return true;
    }
    return false;
}

// On a catalog, only the indexes that PostgreSQL has put there.  Statements of ours look for keys, which have
// a B-tree.
bool is_believable(Oid relation, const IndexOptInfo &index) {
    if (relation < FirstNormalObjectId) return index.indexoid < FirstNormalObjectId;
    if (plans_ours() ? index.relam != BTREE_AM_OID : finds_at_random(index.relam)) return false;
    if (may_miss_rows(index)) return false;
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index.indexoid));
    if (!HeapTupleIsValid(tuple)) return false;
    const bool lasting = is_lasting(relation, tuple);
    ReleaseSysCache(tuple);
    return lasting;
}

void keep_believable(Oid relation, RelOptInfo *info) {
    ListCell *cell;
    foreach (cell, info->indexlist)
        if (!is_believable(relation, *static_cast<IndexOptInfo *>(lfirst(cell))))
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
