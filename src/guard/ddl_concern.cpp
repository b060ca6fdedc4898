// Whether a DDL command can have changed what governance stands on.
//
// Reading the guarded state takes milliseconds, and more with every table and partition; most commands are
// about other tables.  So we start from what the command has touched: PostgreSQL tells its caches of every
// relation whose catalog rows change, and with it ddl_command.cpp.  A fact of guarded_state stands in the
// rows of the relation itself, of a partition of it, of an index or a view, or of a composite type that its
// columns are made of.  From what was touched we go to what may rest on it, under the catalogs as they were
// before the command and as they are now, and stop at a governed table or one of our own.
//
// Index look-ups and no SQL: nothing is planned, so that a session's first command costs what others do, and
// the number of governed tables doesn't matter.
#include "guard/ddl_concern.hpp"

namespace retry_ledger::guard {

namespace {

// The catalogs as a snapshot shows them, and what to look for.
struct Catalogs {
    Snapshot snapshot;
    Oid governed_table, governed_key, history, extension;
};

struct Match {
    AttrNumber column;
    Oid value;
};

template <class Form>
const Form &form(HeapTuple row) {
    return *reinterpret_cast<const Form *>(GETSTRUCT(row));
}

// Calls `each` with the rows that have these values in the leading columns of the index, until it returns
// true.
template <class F>
bool any_row(Oid relation, Oid index, Snapshot snapshot, std::initializer_list<Match> matches, F &&each) {
    ScanKeyData keys[2];
    int count = 0;
    for (const Match &match : matches)
        ScanKeyInit(&keys[count++], match.column, BTEqualStrategyNumber, F_OIDEQ,
                    ObjectIdGetDatum(match.value));
    Relation opened = table_open(relation, AccessShareLock);
    SysScanDesc scan = systable_beginscan(opened, index, OidIsValid(index), snapshot, count, keys);
    bool found = false;
    for (HeapTuple row = systable_getnext(scan); !found && HeapTupleIsValid(row);
         row = systable_getnext(scan))
        found = each(row);
    systable_endscan(scan);
    table_close(opened, AccessShareLock);
    return found;
}

bool is_there(HeapTuple) {
    return true;
}

bool governs_anything(const Catalogs &c) {
    return any_row(c.governed_table, InvalidOid, c.snapshot, {}, is_there);
}

bool is_governed(const Catalogs &c, Oid relation) {
    constexpr AttrNumber run_table = 1;
    return any_row(c.governed_table, c.governed_key, c.snapshot, {{run_table, relation}}, is_there);
}

bool depends(const Catalogs &c, Oid catalog, Oid object, const ObjectAddress &on) {
    return any_row(DependRelationId, DependDependerIndexId, c.snapshot,
                   {{Anum_pg_depend_classid, catalog}, {Anum_pg_depend_objid, object}}, [&](HeapTuple row) {
                       const auto &depend = form<FormData_pg_depend>(row);
                       return depend.refclassid == on.classId && depend.refobjid == on.objectId;
                   });
}

bool is_own(const Catalogs &c, Oid relation) {
    return depends(c, RelationRelationId, relation, {ExtensionRelationId, c.extension, 0});
}

bool shows_history(const Catalogs &c, Oid view) {
    return any_row(RewriteRelationId, RewriteRelRulenameIndexId, c.snapshot,
                   {{Anum_pg_rewrite_ev_class, view}}, [&](HeapTuple row) {
                       return depends(c, RewriteRelationId, form<FormData_pg_rewrite>(row).oid,
                                      {RelationRelationId, c.history, 0});
                   });
}

// Adds the relations that have columns of the type, or of domains, arrays, ranges made of it.
List *add_columns_of(const Catalogs &c, Oid type, List *relations) {
    List *types = list_make1_oid(type);
    for (int i = 0; i < list_length(types); i++)
        (void)any_row(
            DependRelationId, DependReferenceIndexId, c.snapshot,
            {{Anum_pg_depend_refclassid, TypeRelationId}, {Anum_pg_depend_refobjid, list_nth_oid(types, i)}},
            [&](HeapTuple row) {
                const auto &depend = form<FormData_pg_depend>(row);
                if (depend.classid == TypeRelationId)
                    types = list_append_unique_oid(types, depend.objid);
                else if (depend.classid == RelationRelationId && depend.objsubid > 0)
                    relations = list_append_unique_oid(relations, depend.objid);
                return false;
            });
    return relations;
}

List *add_parents(const Catalogs &c, Oid relation, List *relations) {
    (void)any_row(InheritsRelationId, InheritsRelidSeqnoIndexId, c.snapshot,
                  {{Anum_pg_inherits_inhrelid, relation}}, [&](HeapTuple row) {
                      relations =
                          list_append_unique_oid(relations, form<FormData_pg_inherits>(row).inhparent);
                      return false;
                  });
    return relations;
}

List *add_table_of_index(const Catalogs &c, Oid index, List *relations) {
    (void)any_row(IndexRelationId, IndexRelidIndexId, c.snapshot, {{Anum_pg_index_indexrelid, index}},
                  [&](HeapTuple row) {
                      relations = list_append_unique_oid(relations, form<FormData_pg_index>(row).indrelid);
                      return false;
                  });
    return relations;
}

// Follows what rests on the relations; the list grows meanwhile.
bool reaches_governed(const Catalogs &c, List *relations) {
    for (int i = 0; i < list_length(relations); i++) {
        const Oid relation = list_nth_oid(relations, i);
        const bool found =
            any_row(RelationRelationId, ClassOidIndexId, c.snapshot, {{Anum_pg_class_oid, relation}},
                    [&](HeapTuple row) {
                        const auto &shape = form<FormData_pg_class>(row);
                        if (is_governed(c, relation) || is_own(c, relation)) return true;
                        if (shape.relkind == RELKIND_VIEW && shows_history(c, relation)) return true;
                        if (shape.relkind == RELKIND_INDEX || shape.relkind == RELKIND_PARTITIONED_INDEX)
                            relations = add_table_of_index(c, relation, relations);
                        if (OidIsValid(shape.reltype))
                            relations = add_columns_of(c, shape.reltype, relations);
                        relations = add_parents(c, relation, relations);
                        return false;
                    });
        if (found) return true;
    }
    return false;
}

// Types, schemas and extensions are changed without touching the tables.
bool goes_around_relations(CommandTag tag) {
    return tag == CMDTAG_ALTER_TYPE || tag == CMDTAG_ALTER_SCHEMA || tag == CMDTAG_ALTER_EXTENSION;
}

// As it was when the command began: of our own transaction, only what came before.
bool reached_governed(Catalogs c, CommandId started, const List *touched) {
    c.snapshot = RegisterSnapshot(GetLatestSnapshot());
    c.snapshot->curcid = started;
    const bool found = reaches_governed(c, list_copy(touched));
    UnregisterSnapshot(c.snapshot);
    return found;
}

}  // namespace

bool concerns_governance(const pg::Home &home, CommandTag tag, const DdlCommand &command) {
    Catalogs c = {nullptr, pg::own_relation(home, "governed_table"),
                  pg::own_relation(home, "governed_table_pkey"), pg::own_relation(home, "retry_history"),
                  InvalidOid};
    return pg::pg_call([&] {
        c.extension = get_extension_oid("retry_ledger", true);
        c.snapshot = RegisterSnapshot(GetLatestSnapshot());
        bool all = goes_around_relations(tag);
        List *touched = all ? NIL : touched_relations(command, &all);
        const bool found = governs_anything(c) && (all || reaches_governed(c, list_copy(touched)) ||
                                                   reached_governed(c, command.started, touched));
        UnregisterSnapshot(c.snapshot);
        return found;
    });
}

}  // namespace retry_ledger::guard
