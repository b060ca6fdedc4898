#include "ledger/ledger.hpp"

#include "core/json.hpp"
#include "guard/locked_database.hpp"
#include "guard/row.hpp"
#include "ledger/content.hpp"
#include "pg/fixed_text.hpp"
#include "pg/settings.hpp"
#include "pg/text.hpp"

namespace retry_ledger::ledger {

namespace {

constexpr const char *entry_domain = "retry_ledger.ledger_entry", *run_domain = "retry_ledger.run";

std::optional<std::string> optional(const char *text) {
    if (text == nullptr || text[0] == '\0') return std::nullopt;
    return std::string(text);
}

std::string role_name(Oid role) {
    return pg::pg_call([&] { return GetUserNameFromId(role, true); }) ?: "";
}

// Most entries are ends and have none: no need to parse that.
Datum evidence_datum(const core::Evidence &evidence) {
    if (!evidence.empty()) return pg::input_datum(JSONBOID, -1, core::to_json(evidence));
    return pg::pg_call([] { return DirectFunctionCall1(jsonb_build_object_noargs, Datum(0)); });
}

// One row of ledger_entry, in its columns' order.
class EntryRow {
public:
    static constexpr int columns = 19;
    Datum values[columns] = {};
    bool nulls[columns] = {};

    explicit EntryRow(const Entry &entry) {
        add(pg::new_uuid());
        add(TimestampTzGetDatum(GetCurrentTimestamp()));
        add(entry.action);
        add(entry.run_table);
        add(entry.run_key);
        add(entry.tenant);
        if (entry.attempt)
            add(Int32GetDatum(*entry.attempt));
        else
            add_null();
        add(entry.reason_code);
        add(entry.prior_status);
        add(entry.failure_class);
        add_hash(entry.policy_hash);
        add_who(entry.who != nullptr ? *entry.who : current_who());
        add(pg::pg_call([] { return FullTransactionIdGetDatum(GetTopFullTransactionId()); }));
        if (entry.content_hash != 0)
            add(entry.content_hash);
        else
            add_null();
        add(evidence_datum(entry.evidence));
    }

    // The leaf hash comes last: it is made of all the others.
    void seal(TupleDesc descriptor) {
        nulls[columns - 1] = true;
        add(pg::sha256(row_bytes(entry_domain, descriptor, values, nulls, "leaf_hash")));
    }

private:
    void add(Datum value) {
        values[next_] = value;
        nulls[next_++] = false;
    }
    void add_null() { nulls[next_++] = true; }
    void add(const std::string &text) { add(pg::text_datum(text)); }
    void add(const std::optional<std::string> &text) {
        if (text)
            add(*text);
        else
            add_null();
    }
    void add_hash(const unsigned char *hash) {
        if (hash == nullptr) return add_null();
        add(pg::pg_call([&] {
            auto *value = static_cast<bytea *>(palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH));
            SET_VARSIZE(value, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
            memcpy(VARDATA(value), hash, PG_SHA256_DIGEST_LENGTH);
            return PointerGetDatum(value);
        }));
    }
    void add_who(const Who &who) {
        add(who.session_role);
        add(who.acting_role);
        add(who.application_name);
        add(who.claimed_actor);
    }

    int next_ = 0;
};

// A row's values, as they are hashed.
struct RowValues {
    TupleDesc descriptor;
    std::vector<Datum> values;
    std::unique_ptr<bool[]> nulls;

    RowValues(TupleDesc row_descriptor, HeapTuple row)
        : descriptor(row_descriptor),
          values(descriptor->natts),
          nulls(std::make_unique<bool[]>(descriptor->natts)) {
        pg::pg_call([&] { heap_deform_tuple(row, descriptor, values.data(), nulls.get()); });
    }
    Datum hash(const char *domain, const char *except) const {
        return pg::sha256(row_bytes(domain, descriptor, values.data(), nulls.get(), except));
    }
};

std::string sha256_string(const std::string &bytes) {
    Datum hash = pg::sha256(bytes);
    std::string result(pg::varlena_view(hash));
    pfree(DatumGetPointer(hash));
    return result;
}

Datum leaf_hash_of(TupleDesc descriptor, HeapTuple row) {
    return RowValues(descriptor, row).hash(entry_domain, "leaf_hash");
}

}  // namespace

Who current_who() {
    return {role_name(GetSessionUserId()), role_name(GetUserId()), optional(application_name),
            optional(pg::claimed_actor())};
}

void append(const pg::Home &home, const Entry &entry) {
    Oid relid = pg::own_relation(home, "ledger_entry");
    // What writes the application's tables is refused by PostgreSQL; a recorded refusal writes the ledger
    // only.
    pg::pg_call([] { PreventCommandIfReadOnly("writing the ledger"); });
    EntryRow row(entry);
    Relation relation = pg::pg_call([&] { return table_open(relid, RowExclusiveLock); });
    row.seal(RelationGetDescr(relation));
    pg::insert_row(relid, row.values, row.nulls);
    // What is refused may be a statement of the restore itself.
    if (entry.action != "refused") guard::note_use(home);
    pg::pg_call([&] {
        table_close(relation, NoLock);
        ForceSyncCommit();
    });
}

Datum content_hash(TupleDesc descriptor, HeapTuple row) {
    return RowValues(descriptor, row).hash(run_domain, nullptr);
}

RowDigest::RowDigest() : merkle_(sha256_string) {}

void RowDigest::add(TupleDesc descriptor, HeapTuple row) {
    Datum hash = content_hash(descriptor, row);
    merkle_.add(std::string(pg::varlena_view(hash)));
    pfree(DatumGetPointer(hash));
}

std::string RowDigest::hex_root() const {
    return core::hex(merkle_.root());
}

namespace {

// What `hash` makes of the row that a function's first argument is.
template <class Hash>
Datum of_composite(FunctionCallInfo fcinfo, Hash hash) {
    HeapTupleHeader header = pg::pg_call([&] { return PG_GETARG_HEAPTUPLEHEADER(0); });
    TupleDesc descriptor = pg::pg_call([&] {
        return lookup_rowtype_tupdesc_copy(HeapTupleHeaderGetTypeId(header),
                                           HeapTupleHeaderGetTypMod(header));
    });
    HeapTupleData tuple = {};
    tuple.t_len = HeapTupleHeaderGetDatumLength(header);
    tuple.t_data = header;
    return hash(descriptor, &tuple);
}

// What the object says under the key, if that is a string.
std::optional<std::string> member(Jsonb *object, const char *key) {
    struct Text {
        const char *start;
        int length;
    };
    const Text text = pg::pg_call([&] {
        JsonbValue *value =
            JB_ROOT_IS_OBJECT(object)
                ? getKeyJsonValueFromContainer(&object->root, key, static_cast<int>(strlen(key)), nullptr)
                : nullptr;
        return value != nullptr && value->type == jbvString
                   ? Text{value->val.string.val, value->val.string.len}
                   : Text{nullptr, 0};
    });
    if (text.start == nullptr) return std::nullopt;
    return std::string(text.start, text.length);
}

// Without the columns that were added since, where the row has in them what it got by that.
Datum content_hash_before(TupleDesc descriptor, HeapTuple row, Jsonb *added) {
    RowValues run(descriptor, row);
    for (int i = 0; i < descriptor->natts; i++) {
        const FormData_pg_attribute &column = *TupleDescAttr(descriptor, i);
        const std::optional<std::string> value = member(added, NameStr(column.attname));
        if (value && !run.nulls[i] && pg::fixed_text(column.atttypid, run.values[i]) == *value)
            run.nulls[i] = true;
    }
    return run.hash(run_domain, nullptr);
}

}  // namespace

}  // namespace retry_ledger::ledger

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(ledger_leaf_hash) {
    return pg::entry([&]() -> Datum { return ledger::of_composite(fcinfo, ledger::leaf_hash_of); });
}

RETRY_LEDGER_FUNCTION(ledger_content_hash) {
    return pg::entry([&]() -> Datum { return ledger::of_composite(fcinfo, ledger::content_hash); });
}

RETRY_LEDGER_FUNCTION(ledger_content_hash_before) {
    return pg::entry([&]() -> Datum {
        if (PG_ARGISNULL(0)) {
            fcinfo->isnull = true;
            return Datum(0);
        }
        if (PG_ARGISNULL(1)) return ledger::of_composite(fcinfo, ledger::content_hash);
        Jsonb *added = pg::pg_call([&] { return PG_GETARG_JSONB_P(1); });
        return ledger::of_composite(fcinfo, [&](TupleDesc descriptor, HeapTuple row) {
            return ledger::content_hash_before(descriptor, row, added);
        });
    });
}

// BEFORE INSERT on ledger_entry: rows from elsewhere must bring their right leaf hash.
RETRY_LEDGER_FUNCTION(guard_ledger_entry) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo, "retry_ledger_entry", guard::BEFORE_INSERT_ROW);
        // Of another table, the columns of these names would be of other types.
        if (RelationGetRelid(trigger->tg_relation) !=
            pg::own_relation(pg::home_of(fcinfo->flinfo->fn_oid), "ledger_entry"))
            throw guard::not_a_guard(trigger, "Its function is for ledger_entry.");
        TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
        HeapTuple row = trigger->tg_trigtuple;
        bool null = true;
        int attnum = pg::pg_call([&] { return SPI_fnumber(descriptor, "leaf_hash"); });
        Datum given =
            attnum > 0 ? pg::pg_call([&] { return heap_getattr(row, attnum, descriptor, &null); }) : Datum(0);
        if (null || pg::varlena_view(given) != pg::varlena_view(ledger::leaf_hash_of(descriptor, row)))
            throw pg::Error{pg::ERRCODE_GOVERNANCE_VIOLATION,
                            "LEDGER_VIOLATION: leaf_hash doesn't fit the ledger entry", "",
                            "Entries are written by the extension; a restored one must be unchanged."};
        return PointerGetDatum(row);
    });
}
