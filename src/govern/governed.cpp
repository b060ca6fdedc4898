// The cache of what is governed.
//
// Why pins: a trigger holds an entry while it runs SQL, and that SQL (another trigger, an application's
// function) can change the table or its governance.  The invalidation callback may touch nothing, so it only
// marks the entry stale; the next look-up builds a new one, and the old one is freed when its last user is
// done.  Errors pass through C++ as exceptions, so pins are always given back.
//
// Why the newest snapshot: guards must follow the configuration as relations do, at once, also in a
// transaction whose own snapshot is older (REPEATABLE READ).
#include "govern/governed.hpp"

#include "govern/policy_row.hpp"
#include "govern/transitions.hpp"
#include "guard/ddl_command.hpp"
#include "work/queue.hpp"

namespace retry_ledger::govern {

namespace {

struct Slot {
    Oid relation;
    Governed *entry;
};

HTAB *cache = nullptr;
uint64 generation = 1;

void free_entry(Governed *entry) noexcept {
    for (SPIPlanPtr plan :
         {entry->select_run, entry->insert_retry, entry->insert_keyed_retry, entry->see_run, entry->run_state,
          entry->has_error, entry->look_at_files, entry->insert_files, entry->check_files})
        pg::free_plan(plan);
    MemoryContextDelete(entry->context);
}

// Flips flags only: it may be called at any time, also while PostgreSQL holds locks.
void relation_changed(Datum, Oid relation) {
    guard::note_touched(relation);
    if (cache == nullptr) return;
    auto *changed = static_cast<Slot *>(hash_search(cache, &relation, HASH_FIND, nullptr));
    bool any = changed != nullptr || !OidIsValid(relation);
    HASH_SEQ_STATUS all;
    hash_seq_init(&all, cache);
    while (auto *slot = static_cast<Slot *>(hash_seq_search(&all))) {
        Governed *entry = slot->entry;
        if (entry == nullptr) continue;
        if (OidIsValid(relation) && entry->relation != relation && entry->root != relation) continue;
        entry->stale = any = true;
    }
    if (any) generation++;
}

Slot *slot_of(Oid relation) {
    return pg::pg_call([&] {
        if (cache == nullptr) {
            HASHCTL control = {};
            control.keysize = sizeof(Oid);
            control.entrysize = sizeof(Slot);
            control.hcxt = TopMemoryContext;
            cache = hash_create("retry_ledger governed relations", 32, &control,
                                HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
        }
        bool found;
        auto *slot = static_cast<Slot *>(hash_search(cache, &relation, HASH_ENTER, &found));
        if (!found) slot->entry = nullptr;
        return slot;
    });
}

class Loader {
public:
    Loader(const pg::Home &home, Oid relation, Oid root) : home_(home), relation_(relation), root_(root) {}

    // nullptr if the root isn't governed.
    Governed *load() {
        pg::AsRole owner(home_.owner);
        pg::SpiScope spi;
        schema_ = pg::schema_name(home_);
        pg::Rows row = pg::run_latest(
            core::format(
                "SELECT kind, table_name, label, key_column::text, status_column::text, tenant_column::text,"
                " parent_column::text, attempt_column::text, is_retry_column::text, error_column::text,"
                " reason_column::text, initial_statuses, active_statuses, ended_statuses, input_columns,"
                " outcome_columns, frozen_columns, once_columns, now_columns, new_key, own_key_rows, "
                "void_status,"
                " require_tenant, transitions IS NOT NULL, ARRAY(SELECT e.status"
                " FROM jsonb_each(coalesce(transitions, '{{}}')) t,"
                " jsonb_array_elements_text(t.value) WITH ORDINALITY s(status, place),"
                " unnest(ARRAY[t.key, s.status]) WITH ORDINALITY e(status, side)"
                " ORDER BY t.key, s.place, e.side), attempt_base, run_column::text, index_column::text, "
                "of_table, retry_statuses,"
                " success_statuses,"
                " coalesce(g.completed_status, f.completed_status), coalesce(g.partial_status, "
                "f.partial_status),"
                " completed_column::text, failed_column::text, f.files, locked, NOT own_key_rows AND EXISTS"
                " (SELECT FROM {0}.run_key k WHERE k.run_table = g.table_name)"
                " FROM {0}.governed_table g LEFT JOIN LATERAL (SELECT o.run_table AS files, "
                "o.completed_status,"
                "  o.partial_status FROM {0}.governed_table o WHERE o.of_table = g.run_table) f ON true"
                " WHERE g.run_table = $1",
                schema_),
            {pg::regclass_param(root_)});
        if (row.empty()) return nullptr;
        make_entry();
        try {
            read_configuration(row);
            read_policy();
            if (work::Queue *queue = work::load_queue(schema_, *entry_)) entry_->work = keep_object(queue);
        } catch (...) {
            MemoryContextDelete(entry_->context);
            throw;
        }
        return entry_;
    }

private:
    void make_entry() {
        entry_ = pg::pg_call([&] {
            MemoryContext context = AllocSetContextCreate(
                CacheMemoryContext, "retry_ledger governed relation", ALLOCSET_SMALL_SIZES);
            auto *entry = static_cast<Governed *>(MemoryContextAllocZero(context, sizeof(Governed)));
            entry->context = context;
            return entry;
        });
        entry_->relation = relation_;
        entry_->root = root_;
        entry_->rewritten_before_update = pg::pg_call([&] {
            Relation relation = RelationIdGetRelation(relation_);
            if (!RelationIsValid(relation)) return true;
            bool has = relation->trigdesc != nullptr && relation->trigdesc->trig_update_before_row;
            RelationClose(relation);
            return has;
        });
    }

    void read_configuration(const pg::Rows &row) {
        entry_->kind = kind_of(row.string(0, 1));
        entry_->table_name = keep(row.string(0, 2));
        entry_->label = keep(row.string(0, 3));
        Column *columns[] = {&entry_->key,     &entry_->status,   &entry_->tenant, &entry_->parent,
                             &entry_->attempt, &entry_->is_retry, &entry_->error,  &entry_->reason};
        int number = 4;
        for (Column *column : columns) *column = find_column(row.text(0, number++));
        NameList *lists[] = {&entry_->initial, &entry_->active, &entry_->ended, &entry_->inputs,
                             &entry_->outcomes};
        for (NameList *list : lists) *list = keep(row.array(0, number++));
        read_frozen(row.array(0, number++));
        entry_->once_columns = keep(row.array(0, number++));
        entry_->now_columns = keep(row.array(0, number++));
        entry_->new_key = keep(row.string(0, number++));
        entry_->own_key_rows = row.boolean(0, number++);
        entry_->void_status = keep(row.string(0, number++));
        entry_->require_tenant = row.boolean(0, number++);
        entry_->declared_transitions = row.boolean(0, number++);
        entry_->transitions = keep(row.array(0, number++));
        read_files(row, number);
        read_names();
    }

    void read_files(const pg::Rows &row, int number) {
        entry_->attempt_base = static_cast<int>(row.integer(0, number++));
        entry_->run = find_column(row.text(0, number++));
        entry_->index = find_column(row.text(0, number++));
        entry_->of_table = static_cast<Oid>(row.integer(0, number++));
        entry_->retry_statuses = keep(row.array(0, number++));
        entry_->success_statuses = keep(row.array(0, number++));
        for (Name *name : {&entry_->completed_status, &entry_->partial_status, &entry_->completed_column,
                           &entry_->failed_column})
            *name = keep(row.string(0, number++));
        entry_->files = static_cast<Oid>(row.integer(0, number++));
        entry_->locked = row.boolean(0, number++);
        entry_->gone_keys = row.boolean(0, number++);
    }

    void read_names() {
        const char *schema = pg::pg_call([&] { return get_namespace_name(get_rel_namespace(root_)); });
        const char *name = pg::pg_call([&] { return get_rel_name(root_); });
        entry_->schema = keep(schema ? schema : "");
        entry_->relname = keep(name ? name : "");
    }

    void read_frozen(const std::vector<std::string> &names) {
        entry_->frozen = pg::pg_call([&] {
            return static_cast<Column *>(
                MemoryContextAllocZero(entry_->context, sizeof(Column) * (names.size() + 1)));
        });
        for (const std::string &name : names) entry_->frozen[entry_->frozen_count++] = find_column(name);
    }

    void read_policy() {
        pg::Rows row = pg::run_latest(
            core::format("SELECT version, {} FROM {}.retry_policy WHERE run_table = $1 OR run_table IS NULL"
                         " ORDER BY run_table NULLS LAST, version DESC LIMIT 1",
                         policy_columns, schema_),
            {pg::text_param(entry_->table_name.view())});
        if (row.empty()) return keep(core::Policy{});
        entry_->policy_version = static_cast<int>(row.integer(0, 1));
        keep(policy_from(row, 0, 2));
    }

    // Goes with the entry's context.
    template <class T>
    T *keep_object(T *object) {
        std::unique_ptr<T> owned(object);
        auto *callback = static_cast<MemoryContextCallback *>(pg::pg_call(
            [&] { return MemoryContextAllocZero(entry_->context, sizeof(MemoryContextCallback)); }));
        callback->func = [](void *argument) { delete static_cast<T *>(argument); };
        callback->arg = object;
        MemoryContextRegisterResetCallback(entry_->context, callback);  // raises nothing
        return owned.release();
    }

    void keep(const core::Policy &policy) {
        entry_->policy = keep_object(new core::Policy(policy));
        std::string_view hash = pg::varlena_view(pg::sha256(core::canonical_bytes(policy)));
        memcpy(entry_->policy_hash, hash.data(), sizeof entry_->policy_hash);
    }

    Column find_column(const std::optional<std::string> &name) {
        Column column;
        if (!name) return column;
        column.name = keep(*name);
        pg::pg_call([&] {
            HeapTuple tuple = SearchSysCacheAttName(relation_, column.name.data);
            if (!HeapTupleIsValid(tuple)) return;
            auto *attribute = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
            column.attnum = attribute->attnum;
            column.type = attribute->atttypid;
            column.typmod = attribute->atttypmod;
            column.length = attribute->attlen;
            column.by_value = attribute->attbyval;
            ReleaseSysCache(tuple);
            column.base_type = getBaseType(column.type);
        });
        if (column.attnum == 0)
            throw pg::Error{ERRCODE_UNDEFINED_COLUMN,
                            core::format("column \"{}\" of governed table {} is missing", *name,
                                         entry_->table_name.string())};
        return column;
    }

    Name keep(const std::string &text) {
        char *copy = pg::pg_call([&] { return MemoryContextStrdup(entry_->context, text.c_str()); });
        return {copy, static_cast<int>(text.size())};
    }

    NameList keep(const std::vector<std::string> &names) {
        NameList list;
        list.items = pg::pg_call([&] {
            return static_cast<Name *>(
                MemoryContextAllocZero(entry_->context, sizeof(Name) * (names.size() + 1)));
        });
        for (const std::string &name : names) list.items[list.count++] = keep(name);
        return list;
    }

    pg::Home home_;
    Oid relation_, root_;
    std::string schema_;
    Governed *entry_ = nullptr;
};

Oid root_of(Oid relation) {
    return pg::pg_call([&] {
        if (!get_rel_relispartition(relation)) return relation;
        List *ancestors = get_partition_ancestors(relation);
        return ancestors == NIL ? relation : llast_oid(ancestors);
    });
}

}  // namespace

Kind kind_of(const std::string &name) {
    if (name == "runs") return Kind::runs;
    if (name == "files") return Kind::files;
    return name == "append_only" ? Kind::append_only : Kind::write_once;
}

bool NameList::contains(std::string_view name) const {
    for (const Name &item : *this)
        if (item.view() == name) return true;
    return false;
}

std::vector<std::string> NameList::strings() const {
    std::vector<std::string> result;
    for (const Name &item : *this) result.push_back(item.string());
    return result;
}

bool Governed::declares(std::string_view from, std::string_view to) const {
    for (const Name *pair = transitions.begin(); pair != transitions.end(); pair += 2)
        if (pair[0].view() == from && pair[1].view() == to) return true;
    return false;
}

std::string Governed::ended_list() const {
    std::string list;
    for (const Name &status : ended) list += (list.empty() ? "" : "/") + status.string();
    return list;
}

void add_subject(pg::Error &error, const Governed &table, const std::optional<std::string> &tenant) {
    pg::Subject &about = error.about;
    if (about.run_table.empty()) about.run_table = table.table_name.string();
    if (about.tenant.empty()) about.tenant = tenant.value_or("");
    if (about.policy_hash.empty()) about.policy_hash = std::string(table.policy_hash_bytes());
}

std::vector<core::Transition> declared_transitions(const Governed &table) {
    std::vector<core::Transition> declared;
    for (const Name *from = table.transitions.begin(); from != table.transitions.end(); from += 2)
        declared.emplace_back(from[0].view(), from[1].view());
    return declared;
}

GovernedRef::~GovernedRef() {
    if (entry_ != nullptr && --entry_->pins == 0 && entry_->detached) free_entry(entry_);
}

GovernedRef find_governed(const pg::Home &home, Oid relation) {
    Slot *slot = slot_of(relation);
    if (slot->entry != nullptr && !slot->entry->stale) return GovernedRef(slot->entry);
    if (Governed *old = std::exchange(slot->entry, nullptr); old != nullptr && old->pins == 0)
        free_entry(old);

    // Loading runs SQL, in which the table may change once more: then the entry is used this once.
    const Oid root = root_of(relation);
    (void)slot_of(root);  // so that its changes are noticed
    uint64 before = generation;
    Governed *entry = Loader(home, relation, root).load();
    if (entry == nullptr) return {};
    slot = slot_of(relation);
    if (before == generation && slot->entry == nullptr)
        slot->entry = entry;
    else
        entry->detached = true;
    return GovernedRef(entry);
}

void hold_configuration(Oid root) {
    pg::pg_call([&] { LockRelationOid(root, RowExclusiveLock); });
}

uint64 governed_generation() {
    return generation;
}

std::vector<Oid> governed_run_tables(const pg::Home &home) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(
        core::format("SELECT run_table FROM {}.governed_table WHERE kind = 'runs' ORDER BY table_name",
                     pg::schema_name(home)));
    std::vector<Oid> tables;
    for (uint64 i = 0; i < rows.size(); i++) tables.push_back(static_cast<Oid>(rows.integer(i, 1)));
    return tables;
}

// Partitions go with their root, also those that come before this transaction commits.
void forget_governed(Oid root) {
    pg::pg_call([&] { CacheInvalidateRelcacheByRelid(root); });
}

void watch_relations() {
    CacheRegisterRelcacheCallback(relation_changed, Datum(0));
}

}  // namespace retry_ledger::govern
