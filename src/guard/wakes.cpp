// guard_wakes: the WHEN of the trigger on UPDATE, and so the only code of ours that runs for each updated row
// of a run that goes on living.
//
// Its arguments are OLD and NEW of the status, then of each frozen column.  What it needs of the
// configuration is copied once per execution into the expression's own memory and looked up again when
// anything governed has changed.
#include "govern/governed.hpp"

namespace retry_ledger::guard {

namespace {

struct Argument {
    bool by_value;
    int16 length;
};

struct Label {
    const char *data;  // of a text status
    int size;
    Oid oid;  // of an enum status
};

struct Wakes {
    uint64 generation;
    Oid root;
    bool governed, enum_status;
    Label *ended;
    int ended_count, pairs;
    Argument arguments[FLEXIBLE_ARRAY_MEMBER];
};

constexpr int first_pair = 1;  // argument 0 is the table

void read_arguments(FunctionCallInfo fcinfo, Wakes &wakes) {
    wakes.pairs = (PG_NARGS() - first_pair) / 2;
    for (int i = 0; i < wakes.pairs; i++) {
        Oid type = pg::pg_call([&] { return get_fn_expr_argtype(fcinfo->flinfo, first_pair + 2 * i); });
        pg::pg_call([&] { get_typlenbyval(type, &wakes.arguments[i].length, &wakes.arguments[i].by_value); });
    }
}

void read_ended(const govern::Governed &table, MemoryContext context, Wakes &wakes) {
    wakes.enum_status = pg::pg_call([&] { return get_typtype(table.status.base_type) == TYPTYPE_ENUM; });
    wakes.ended_count = table.ended.count;
    wakes.ended = static_cast<Label *>(
        pg::pg_call([&] { return MemoryContextAllocZero(context, sizeof(Label) * table.ended.count); }));
    for (int i = 0; i < table.ended.count; i++) {
        const govern::Name &name = table.ended.items[i];
        wakes.ended[i].size = name.size;
        pg::pg_call([&] {
            wakes.ended[i].data = MemoryContextStrdup(context, name.data);
            if (wakes.enum_status)
                wakes.ended[i].oid =
                    GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid,
                                    ObjectIdGetDatum(table.status.base_type), CStringGetDatum(name.data));
        });
    }
}

Wakes &prepared(FunctionCallInfo fcinfo) {
    auto *wakes = static_cast<Wakes *>(fcinfo->flinfo->fn_extra);
    if (wakes != nullptr && wakes->generation == govern::governed_generation()) return *wakes;
    MemoryContext context = fcinfo->flinfo->fn_mcxt;
    if (wakes == nullptr) {
        size_t size = offsetof(Wakes, arguments) + sizeof(Argument) * PG_NARGS();
        wakes = static_cast<Wakes *>(pg::pg_call([&] { return MemoryContextAllocZero(context, size); }));
        wakes->root = PG_GETARG_OID(0);
        read_arguments(fcinfo, *wakes);
    }
    govern::GovernedRef table = govern::find_governed(pg::home_of(fcinfo->flinfo->fn_oid), wakes->root);
    wakes->governed = table && table->kind == govern::Kind::runs;
    if (wakes->governed) read_ended(*table, context, *wakes);
    wakes->generation = govern::governed_generation();
    fcinfo->flinfo->fn_extra = wakes;
    return *wakes;
}

bool is_ended(const Wakes &wakes, Datum status) {
    if (wakes.enum_status) {
        for (int i = 0; i < wakes.ended_count; i++)
            if (wakes.ended[i].oid == DatumGetObjectId(status)) return true;
        return false;
    }
    // An inline value, the usual case, is read in place.
    auto *value = reinterpret_cast<struct varlena *>(DatumGetPointer(status));
    if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
        return true;  // never a short status: look closer
    for (int i = 0; i < wakes.ended_count; i++)
        if (static_cast<int>(VARSIZE_ANY_EXHDR(value)) == wakes.ended[i].size &&
            memcmp(VARDATA_ANY(value), wakes.ended[i].data, wakes.ended[i].size) == 0)
            return true;
    return false;
}

bool pair_differs(FunctionCallInfo fcinfo, const Argument &argument, int old_index) {
    if (PG_ARGISNULL(old_index) || PG_ARGISNULL(old_index + 1))
        return PG_ARGISNULL(old_index) != PG_ARGISNULL(old_index + 1);
    Datum before = PG_GETARG_DATUM(old_index), after = PG_GETARG_DATUM(old_index + 1);
    if (argument.by_value) return before != after;
    return pg::pg_call([&] { return !datum_image_eq(before, after, false, argument.length); });
}

bool wakes(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0)) return true;
    const Wakes &wakes = prepared(fcinfo);
    if (!wakes.governed || wakes.pairs < 1 || PG_ARGISNULL(first_pair)) return true;
    if (is_ended(wakes, PG_GETARG_DATUM(first_pair))) return true;
    for (int i = 0; i < wakes.pairs; i++)
        if (pair_differs(fcinfo, wakes.arguments[i], first_pair + 2 * i)) return true;
    return false;
}

}  // namespace

}  // namespace retry_ledger::guard

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_wakes) {
    return pg::entry([&]() -> Datum { return BoolGetDatum(guard::wakes(fcinfo)); });
}
