// get_relation_info_hook.
#include "pg/planner_indexes.hpp"

#include "pg/error.hpp"
#include "pg/exclusion.hpp"
#include "pg/fuzzy_search.hpp"
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

// Whose classes were compared with a sequential scan, condition by condition, with the extremes of their
// types. cube's find less where a NaN is among its values, and others may do so by design, as those for
// nearest neighbours do.
bool is_compared(Oid extension) {
    const char *name = get_extension_name(extension);
    for (const char *known :
         {"bloom", "btree_gin", "btree_gist", "hstore", "intarray", "ltree", "pg_trgm", "seg"})
        if (name != nullptr && strcmp(name, known) == 0) return true;
    return false;
}

// Of a letter, libc makes one letter; others may make two of it, as pg_trgm does with a row's letters, but
// not with those of a regular expression.
bool is_libc_default(Oid collation) {
    if (collation != DEFAULT_COLLATION_OID) return false;
    HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
    if (!HeapTupleIsValid(tuple)) return false;
    const bool libc =
        reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple))->datlocprovider == COLLPROVIDER_LIBC;
    ReleaseSysCache(tuple);
    return libc;
}

// Neither B-tree nor hash.  pg_trgm takes letters for the same as the database's collation does, not the
// column's; btree_gist's keys of some types are rounded, or sorted by their blanks.
bool extension_may_miss_rows(const IndexOptInfo &index, int column) {
    if (!is_compared(getExtensionOfObject(OperatorFamilyRelationId, index.opfamily[column]))) return true;
    const Oid collation = index.indexcollations[column];
    if (OidIsValid(collation) && collation != C_COLLATION_OID && !is_libc_default(collation)) return true;
    switch (index.opcintype[column]) {
        case BPCHAROID:
        case INETOID:
        case CIDROID:
        case TIMETZOID:
            return index.relam == GIST_AM_OID;
        default:
            return false;
    }
}

// Where PostgreSQL's own answer, or an extension's, may leave rows out: the boxes that GiST, SP-GiST and BRIN
// keep of shapes contain nothing any more where one has a NaN in it; text is compared by its bytes, or by
// what is cut out of it, whatever a collation takes for equal; of a multirange GiST keeps the range that
// spans it; SP-GiST goes astray among networks.
bool may_miss_rows(const IndexOptInfo &index, int column) {
    if (index.relam == BTREE_AM_OID || index.relam == HASH_AM_OID) return false;
    const Oid collation = index.indexcollations[column];
    if (index.relam != BRIN_AM_OID && OidIsValid(collation) && !get_collation_isdeterministic(collation))
        return true;
    if (index.opfamily[column] >= FirstNormalObjectId) return extension_may_miss_rows(index, column);
    switch (index.opcintype[column]) {
        case POINTOID:
        case BOXOID:
        case POLYGONOID:
        case CIRCLEOID:
            return true;
        case ANYMULTIRANGEOID:
            return index.relam == GIST_AM_OID;
        case INETOID:
        case CIDROID:
            return index.relam == SPGIST_AM_OID;
        default:
            return false;
    }
}

bool may_miss_rows(const IndexOptInfo &index) {
    for (int i = 0; i < index.nkeycolumns; i++)
        if (may_miss_rows(index, i)) return true;
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
