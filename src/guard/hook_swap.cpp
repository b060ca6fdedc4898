// Files exchanged below both hooks and triggers, as pg_repack does it: it writes the files of a table and of
// its copy into pg_class by itself.  Whoever alters the copy before, or puts another one in its place, has
// rewritten what is governed.
//
// Which table a call is about isn't told to hooks.  So the files of the locked tables are noted before the
// first function of that library runs in a transaction, and looked at when the transaction is about to
// commit, and before anything else is written or altered in it: until they are exchanged back, the files of a
// locked table are those of another one, which nothing guards.
#include <vector>

#include "guard/hook_access.hpp"
#include "pg/transaction.hpp"

namespace retry_ledger::guard {

namespace {

// A relation with its file; of a table also the TOAST table, which is another one after a swap.
struct File {
    Oid root, relation, node, toast;
    bool by_us;  // this transaction has written its row of pg_class

    bool operator==(const File &other) const { return node == other.node && toast == other.toast; }
};

using Files = std::vector<File>;
pg::TransactionLocal<Files> noted;

// Within a pg_call.  False if the relation is gone.
bool read_file(Oid relation, File &file) {
    HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple)) return false;
    const auto *form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    file.relation = relation;
    file.node = form->relfilenode;
    file.toast = form->reltoastrelid;
    file.by_us = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
    ReleaseSysCache(tuple);
    return true;
}

// A table's indexes, or nothing: a swapped index shows other rows.  Without a lock on the table: only the
// catalog is read.
List *indexes_of(Oid table) {
    List *indexes = NIL;
    Relation catalog = table_open(IndexRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
    SysScanDesc scan = systable_beginscan(catalog, IndexIndrelidIndexId, true, nullptr, 1, &key);
    while (HeapTuple tuple = systable_getnext(scan))
        indexes = lappend_oid(indexes, reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple))->indexrelid);
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    return indexes;
}

List *relations_of(Oid root) {
    return pg::pg_call([&] {
        List *tables = find_all_inheritors(root, NoLock, nullptr), *relations = list_copy(tables);
        for (int i = 0; i < list_length(tables); i++)
            relations = list_concat(relations, indexes_of(list_nth_oid(tables, i)));
        return relations;
    });
}

// `root`: what a refusal is about; InvalidOid if that is each relation itself.
void add_files(Files &files, const List *relations, Oid root) {
    for (int n = 0; n < list_length(relations); n++) {
        File file = {root, InvalidOid, InvalidOid, InvalidOid, false};
        if (pg::pg_call([&] { return read_file(list_nth_oid(relations, n), file); })) files.push_back(file);
    }
}

void add_tables(Files &files, const Oids &roots) {
    for (int i = 0; i < roots.count; i++) add_files(files, relations_of(roots.items[i]), roots.items[i]);
}

// With a copy of a catalog in its place, guards, or another database's label, aren't found.
List *catalog_relations() {
    return pg::pg_call([] {
        List *relations = NIL;
        Relation classes = table_open(RelationRelationId, AccessShareLock);
        SysScanDesc scan = systable_beginscan(classes, InvalidOid, false, nullptr, 0, nullptr);
        while (HeapTuple tuple = systable_getnext(scan)) {
            const Oid relation = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->oid;
            if (IsCatalogRelationOid(relation)) relations = lappend_oid(relations, relation);
        }
        systable_endscan(scan);
        table_close(classes, AccessShareLock);
        return relations;
    });
}

void check_files(const Files &files) {
    for (const File &before : files) {
        File after = before;
        if (!pg::pg_call([&] { return read_file(before.relation, after); }) || after == before ||
            !after.by_us)
            continue;
        refuse_locked(
            core::format("the files of {} can't be exchanged",
                         describe({RelationRelationId, before.relation, 0})),
            before.root,
            "What is in the new ones goes by no guard. VACUUM FULL, CLUSTER or REINDEX CONCURRENTLY make "
            "them anew; pg_repack works where tables aren't locked.");
    }
}

void check_commit(XactEvent event, void *) {
    if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE) return;
    if (noted.find() == nullptr) return;
    pg::entry([] {
        check_exchanged_files();
        return true;
    });
}

}  // namespace

void check_exchanged_files() {
    if (noted.find() != nullptr) check_files(*noted.find());
}

void note_files(const LockedDatabase *database) {
    if (noted.find() != nullptr) return check_exchanged_files();
    Files files;
    if (database != nullptr) {
        add_tables(files, database->roots);
        add_tables(files, database->own);
    }
    add_files(files, catalog_relations(), InvalidOid);
    noted.get() = std::move(files);
}

void watch_exchanged_files() {
    RegisterXactCallback(check_commit, nullptr);
}

}  // namespace retry_ledger::guard
