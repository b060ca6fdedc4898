// guard_wakes: the WHEN of the trigger on UPDATE, and so the only code of ours that runs for each updated row
// of a run that goes on living.
//
// Its arguments are the relation (a partition's own), OLD and NEW of the status.  PostgreSQL parses and
// initialises a WHEN anew for each statement, at about half a microsecond for each column that it names: so
// it names no more than this, and the columns that never change have a trigger of their own, AFTER UPDATE OF
// them, which costs nothing where an UPDATE doesn't name them.  A BEFORE trigger of the application can
// change them unnamed: if the relation has one, every row wakes.  So it does where the policy binds columns
// of live retries.
//
// Little is prepared: the cached configuration is looked up once and borrowed for as long as nothing governed
// changes.  Whatever isn't as expected wakes: the trigger then looks at the row with care.
#include "guard/birth_checks.hpp"

namespace retry_ledger::guard {

namespace {

using govern::Column;
using govern::Governed;

constexpr int old_status = 1, new_status = 2;

// Kept for one execution, in the expression's own memory.
struct Wakes {
    uint64 generation;
    const Governed *table;  // nullptr: always look closer.  Alive while the generation stands.
    Oid *ended;             // of an enum status: the labels' OIDs, in the order of table->ended
};

// Of the type that the configuration knows: what is compared rests on it.
bool fits(FunctionCallInfo fcinfo, const Governed &table) {
    return pg::pg_call([&] {
        return get_fn_expr_argtype(fcinfo->flinfo, old_status) == table.status.type &&
               get_fn_expr_argtype(fcinfo->flinfo, new_status) == table.status.type;
    });
}

Oid *ended_labels(const Governed &table, MemoryContext context) {
    Oid type = table.status.base_type;
    if (type == TEXTOID || type == VARCHAROID) return nullptr;
    return pg::pg_call([&]() -> Oid * {
        if (get_typtype(type) != TYPTYPE_ENUM) return nullptr;
        auto *labels = static_cast<Oid *>(MemoryContextAlloc(context, sizeof(Oid) * (table.ended.count + 1)));
        for (int i = 0; i < table.ended.count; i++)
            labels[i] = GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid, ObjectIdGetDatum(type),
                                        CStringGetDatum(table.ended.items[i].data));
        return labels;
    });
}

const Wakes &prepared(FunctionCallInfo fcinfo) {
    auto *wakes = static_cast<Wakes *>(fcinfo->flinfo->fn_extra);
    if (wakes != nullptr && wakes->generation == govern::governed_generation()) return *wakes;
    MemoryContext context = fcinfo->flinfo->fn_mcxt;
    if (wakes == nullptr) {
        wakes =
            static_cast<Wakes *>(pg::pg_call([&] { return MemoryContextAllocZero(context, sizeof(Wakes)); }));
        fcinfo->flinfo->fn_extra = wakes;
    }
    // Taken first: if the configuration changes while it is looked up, the next row looks again.
    wakes->generation = govern::governed_generation();
    wakes->table = nullptr;
    govern::GovernedRef table = govern::find_governed(pg::home_of(fcinfo->flinfo->fn_oid), PG_GETARG_OID(0));
    if (table && !table->detached && table->kind == govern::Kind::runs && !table->rewritten_before_update &&
        !binds_columns(*table->policy) && fits(fcinfo, *table)) {
        wakes->ended = ended_labels(*table, context);
        wakes->table = &*table;
    }
    return *wakes;
}

bool is_ended(const Wakes &wakes, Datum status) {
    const govern::NameList &ended = wakes.table->ended;
    if (wakes.ended != nullptr) {
        for (int i = 0; i < ended.count; i++)
            if (wakes.ended[i] == DatumGetObjectId(status)) return true;
        return false;
    }
    // An inline value, the usual case, is read in place.
    auto *value = reinterpret_cast<struct varlena *>(DatumGetPointer(status));
    if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
        return true;  // never a short status: look closer
    return ended.contains({VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)});
}

bool wakes(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(old_status) || PG_ARGISNULL(new_status)) return true;
    const Wakes &wakes = prepared(fcinfo);
    if (wakes.table == nullptr) return true;
    Datum before = PG_GETARG_DATUM(old_status), after = PG_GETARG_DATUM(new_status);
    if (is_ended(wakes, before)) return true;
    const Column &status = wakes.table->status;
    if (status.by_value) return before != after;
    return pg::pg_call([&] { return !datum_image_eq(before, after, false, status.length); });
}

}  // namespace

}  // namespace retry_ledger::guard

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_wakes) {
    return pg::entry([&]() -> Datum { return BoolGetDatum(guard::wakes(fcinfo)); });
}
