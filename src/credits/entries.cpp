#include "credits/entries.hpp"

namespace retry_ledger::credits {

namespace {

// Columns of credit_entry.
enum Column : AttrNumber {
    col_entry_id = 1,
    col_tenant,
    col_kind,
    col_source,
    col_grant_id,
    col_seq,
    col_amount,
    col_before,
    col_after,
    col_valid_from,
    col_expires_at,
    col_charge_id,
    col_refund_of,
    col_run_table,
    col_run_key,
    col_reason,
    col_actor,
    col_transaction,
    col_recorded_at,
};
constexpr int column_count = col_recorded_at;

constexpr const char *kind_names[] = {"grant", "charge", "refund", "lapse"};

// Copies of the rows that a scan meets, in palloc'ed memory: nothing here has a destructor.
struct Tuples {
    HeapTuple *items;
    int count, room;
    TupleDesc descriptor;

    void add(HeapTuple tuple) {
        if (count == room) {
            room = room == 0 ? 16 : room * 2;
            auto size = sizeof(HeapTuple) * room;
            items = static_cast<HeapTuple *>(items == nullptr ? palloc(size) : repalloc(items, size));
        }
        items[count++] = heap_copytuple(tuple);
    }
    void drop_last_if_used_up() {
        bool null;
        if (count > 0 && DatumGetInt64(heap_getattr(items[count - 1], col_after, descriptor, &null)) == 0)
            heap_freetuple(items[--count]);
    }
};

// Within a pg_call.
ScanKeyData text_key(AttrNumber column, Datum value, bool null = false) {
    ScanKeyData key;
    if (null)
        ScanKeyEntryInitialize(&key, SK_ISNULL | SK_SEARCHNULL, column, InvalidStrategy, InvalidOid,
                               InvalidOid, InvalidOid, Datum(0));
    else
        ScanKeyEntryInitialize(&key, 0, column, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID, F_TEXTEQ,
                               value);
    return key;
}

ScanKeyData uuid_key(AttrNumber column, const char *bytes) {
    ScanKeyData key;
    Datum value = PointerGetDatum(const_cast<char *>(bytes));
    ScanKeyEntryInitialize(&key, 0, column, BTEqualStrategyNumber, InvalidOid, InvalidOid, F_UUID_EQ, value);
    return key;
}

// A table and one of its indexes, open within one pg_call.
struct Opened {
    Relation table, index;

    Opened(Oid table_id, Oid index_id)
        : table(table_open(table_id, AccessShareLock)), index(index_open(index_id, AccessShareLock)) {}
    void close() const {
        index_close(index, AccessShareLock);
        table_close(table, AccessShareLock);
    }
    // At most `limit` rows.
    void scan(ScanKeyData *keys, int key_count, ScanDirection direction, int limit, Tuples *found) const {
        SysScanDesc scan = systable_beginscan_ordered(table, index, SnapshotSelf, key_count, keys);
        while (limit-- > 0) {
            HeapTuple tuple = systable_getnext_ordered(scan, direction);
            if (!HeapTupleIsValid(tuple)) break;
            found->add(tuple);
        }
        systable_endscan_ordered(scan);
        if (found->descriptor == nullptr) found->descriptor = CreateTupleDescCopy(RelationGetDescr(table));
    }
};

struct Oids {
    Oid table, index;
};
Oids oids(const pg::Home &home, const char *index) {
    return {pg::own_relation(home, "credit_entry"), pg::own_relation(home, index)};
}

// A row, column by column.
class Reader {
public:
    Reader(TupleDesc descriptor, HeapTuple row) : descriptor_(descriptor), row_(row) {}
    std::optional<Datum> datum(Column column) const {
        bool null;
        Datum value = pg::pg_call([&] { return heap_getattr(row_, column, descriptor_, &null); });
        if (null) return std::nullopt;
        return value;
    }
    std::optional<std::string> text(Column column) const {
        auto value = datum(column);
        if (!value) return std::nullopt;
        return std::string(pg::varlena_view(*value));
    }
    std::string id(Column column) const {
        auto value = datum(column);
        if (!value) return "";
        return std::string(reinterpret_cast<const char *>(DatumGetUUIDP(*value)->data), UUID_LEN);
    }
    std::optional<std::int64_t> number(Column column) const {
        auto value = datum(column);
        if (!value) return std::nullopt;
        return DatumGetInt64(*value);
    }

private:
    TupleDesc descriptor_;
    HeapTuple row_;
};

Kind kind_of(const std::string &name) {
    for (int i = 0; i < 4; i++)
        if (name == kind_names[i]) return static_cast<Kind>(i);
    return Kind::lapse;
}

core::Grant grant_of(const Entry &entry) {
    return {entry.grant_id, entry.source, entry.after, entry.valid_from, entry.expires_at, entry.seq};
}

std::vector<Entry> entries(const Tuples &tuples) {
    std::vector<Entry> result;
    for (int i = 0; i < tuples.count; i++) result.push_back(entry_in(tuples.descriptor, tuples.items[i]));
    return result;
}

std::optional<Entry> only(const Tuples &tuples) {
    if (tuples.count == 0) return std::nullopt;
    return entry_in(tuples.descriptor, tuples.items[0]);
}

Datum id_datum(const std::string &id) {
    return pg::pg_call([&] {
        void *copy = palloc(UUID_LEN);
        memcpy(copy, id.data(), UUID_LEN);
        return PointerGetDatum(copy);
    });
}

// One row in the columns' order.
struct Values {
    Datum values[column_count] = {};
    bool nulls[column_count] = {};

    void set(Column column, Datum value) { values[column - 1] = value; }
    void set(Column column, const std::optional<std::string> &text) {
        nulls[column - 1] = !text;
        if (text) values[column - 1] = pg::text_datum(*text);
    }
    void set_id(Column column, const std::string &id) {
        nulls[column - 1] = id.empty();
        if (!id.empty()) values[column - 1] = id_datum(id);
    }
};

}  // namespace

Entry entry_in(TupleDesc descriptor, HeapTuple row) {
    Reader reader(descriptor, row);
    Entry entry;
    entry.id = reader.id(col_entry_id);
    entry.tenant = reader.text(col_tenant);
    entry.kind = kind_of(reader.text(col_kind).value_or(""));
    entry.grant_id = reader.id(col_grant_id);
    entry.source = reader.text(col_source) == "monthly" ? core::Source::monthly : core::Source::purchased;
    entry.seq = DatumGetInt32(reader.datum(col_seq).value_or(0));
    entry.amount = reader.number(col_amount).value_or(0);
    entry.before = reader.number(col_before).value_or(0);
    entry.after = reader.number(col_after).value_or(0);
    entry.valid_from = reader.number(col_valid_from).value_or(0);
    entry.expires_at = reader.number(col_expires_at);
    entry.charge_id = reader.id(col_charge_id);
    entry.refund_of = reader.id(col_refund_of);
    entry.run_table = reader.text(col_run_table);
    entry.run_key = reader.text(col_run_key);
    return entry;
}

std::vector<core::Grant> grants_of(const pg::Home &home, const std::optional<std::string> &tenant) {
    auto [table, by_tenant] = oids(home, "credit_entry_tenant");
    Oid chain = pg::own_relation(home, "credit_entry_chain");
    Datum name = tenant ? pg::text_datum(*tenant) : Datum(0);
    Tuples newest = pg::pg_call([&, table = table, by_tenant = by_tenant] {
        Tuples grants{}, found{};
        ScanKeyData key = text_key(col_tenant, name, !tenant.has_value());
        Opened opened(table, by_tenant);
        opened.scan(&key, 1, ForwardScanDirection, PG_INT32_MAX, &grants);
        opened.close();
        Opened chains(table, chain);
        for (int i = 0; i < grants.count; i++) {
            bool null;
            Datum id = heap_getattr(grants.items[i], col_entry_id, grants.descriptor, &null);
            key = uuid_key(col_grant_id, DatumGetPointer(id));
            chains.scan(&key, 1, BackwardScanDirection, 1, &found);
            found.drop_last_if_used_up();
        }
        chains.close();
        return found;
    });
    std::vector<core::Grant> result;
    for (const Entry &entry : entries(newest)) result.push_back(grant_of(entry));
    return result;
}

std::optional<core::Grant> newest(const pg::Home &home, const std::string &grant_id) {
    Oids oid = oids(home, "credit_entry_chain");
    const char *id = grant_id.data();
    std::optional<Entry> entry = only(pg::pg_call([&] {
        Tuples found{};
        ScanKeyData key = uuid_key(col_grant_id, id);
        Opened opened(oid.table, oid.index);
        opened.scan(&key, 1, BackwardScanDirection, 1, &found);
        opened.close();
        return found;
    }));
    if (!entry) return std::nullopt;
    return grant_of(*entry);
}

std::optional<Entry> entry_at(const pg::Home &home, const std::string &grant_id, int seq) {
    Oids oid = oids(home, "credit_entry_chain");
    const char *id = grant_id.data();
    return only(pg::pg_call([&] {
        Tuples found{};
        ScanKeyData keys[2] = {uuid_key(col_grant_id, id), {}};
        ScanKeyInit(&keys[1], col_seq, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(seq));
        Opened opened(oid.table, oid.index);
        opened.scan(keys, 2, ForwardScanDirection, 1, &found);
        opened.close();
        return found;
    }));
}

std::optional<Entry> entry_by_id(const pg::Home &home, const std::string &id) {
    Oids oid = oids(home, "credit_entry_pkey");
    const char *bytes = id.data();
    return only(pg::pg_call([&] {
        Tuples found{};
        ScanKeyData key = uuid_key(col_entry_id, bytes);
        Opened opened(oid.table, oid.index);
        opened.scan(&key, 1, ForwardScanDirection, 1, &found);
        opened.close();
        return found;
    }));
}

std::vector<Entry> entries_of_run(const pg::Home &home, const std::string &run_table,
                                  const std::string &run_key) {
    Oids oid = oids(home, "credit_entry_of_run");
    Datum table = pg::text_datum(run_table), run = pg::text_datum(run_key);
    return entries(pg::pg_call([&] {
        Tuples found{};
        ScanKeyData keys[2] = {text_key(col_run_table, table), text_key(col_run_key, run)};
        Opened opened(oid.table, oid.index);
        opened.scan(keys, 2, ForwardScanDirection, PG_INT32_MAX, &found);
        opened.close();
        return found;
    }));
}

void add(const pg::Home &home, const Entry &entry) {
    auto bigint = [](std::int64_t value) { return pg::pg_call([&] { return Int64GetDatum(value); }); };
    Values row;
    row.set_id(col_entry_id, entry.id.empty() ? new_id() : entry.id);
    row.set(col_tenant, entry.tenant);
    row.set(col_kind, std::string(kind_names[static_cast<int>(entry.kind)]));
    row.set(col_source, std::string(core::source_name(entry.source)));
    row.set_id(col_grant_id, entry.grant_id);
    row.set(col_seq, Int32GetDatum(entry.seq));
    row.set(col_amount, bigint(entry.amount));
    row.set(col_before, bigint(entry.before));
    row.set(col_after, bigint(entry.after));
    row.set(col_valid_from, TimestampTzGetDatum(entry.valid_from));
    row.set(col_expires_at, TimestampTzGetDatum(entry.expires_at.value_or(0)));
    row.nulls[col_expires_at - 1] = !entry.expires_at;
    row.set_id(col_charge_id, entry.charge_id);
    row.set_id(col_refund_of, entry.refund_of);
    row.set(col_run_table, entry.run_table);
    row.set(col_run_key, entry.run_key);
    row.set(col_reason, entry.reason);
    row.set(col_actor, std::string(pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); })));
    row.set(col_transaction,
            pg::pg_call([] { return FullTransactionIdGetDatum(GetTopFullTransactionId()); }));
    row.set(col_recorded_at, TimestampTzGetDatum(GetCurrentTimestamp()));
    pg::insert_row(pg::own_relation(home, "credit_entry"), row.values, row.nulls);
}

std::string new_id() {
    Datum id = pg::new_uuid();
    return std::string(reinterpret_cast<const char *>(DatumGetUUIDP(id)->data), UUID_LEN);
}

std::string id_text(const std::string &id) {
    return pg::output_text(UUIDOID, id_datum(id));
}

}  // namespace retry_ledger::credits
