#include "guard/type_parts.hpp"

namespace retry_ledger::guard {

namespace {

// Within a pg_call, as all that follows.
List *with(List *types, Oid type) {
    return type < FirstNormalObjectId ? types : list_append_unique_oid(types, type);
}

bool is_deep(Oid type) {
    List *seen = NIL, *level = with(NIL, type);
    for (int depth = 0; level != NIL; depth++) {
        if (depth == deepest_type) return true;
        List *below = NIL;
        ListCell *cell;
        foreach (cell, level) {
            if (list_member_oid(seen, lfirst_oid(cell))) continue;
            seen = lappend_oid(seen, lfirst_oid(cell));
            below = list_concat_unique_oid(below, parts_of_type(lfirst_oid(cell)));
        }
        level = below;
    }
    return false;
}

}  // namespace

List *types_of_columns(Oid relation) {
    List *types = NIL;
    for (int16 number = 1;; number++) {
        HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(number));
        if (!HeapTupleIsValid(tuple)) return types;
        types = with(types, reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple))->atttypid);
        ReleaseSysCache(tuple);
    }
}

List *parts_of_type(Oid type) {
    HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
    if (!HeapTupleIsValid(tuple)) return NIL;
    const auto &form = *reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
    const Oid base = form.typbasetype, element = form.typelem, relation = form.typrelid;
    ReleaseSysCache(tuple);
    List *parts = OidIsValid(relation) ? types_of_columns(relation) : NIL;
    for (const Oid part : {base, element, get_range_subtype(type), get_multirange_range(type)})
        parts = with(parts, part);
    return parts;
}

void hold_types(Oid relation) {
    pg::pg_call([&] {
        List *types = types_of_columns(relation);
        for (int i = 0; i < list_length(types); i++) {
            const Oid type = list_nth_oid(types, i);
            const Oid attributes = get_typ_typrelid(type);
            LockDatabaseObject(TypeRelationId, type, 0, ShareLock);
            if (OidIsValid(attributes)) LockRelationOid(attributes, AccessShareLock);
            types = list_concat_unique_oid(types, parts_of_type(type));
        }
    });
}

void hold_against_columns(Oid declared) {
    pg::pg_call([&] {
        Oid type = declared;
        while (type >= FirstNormalObjectId) {
            LockDatabaseObject(TypeRelationId, type, 0, RowExclusiveLock);
            const Oid base = getBaseType(type);
            type = base != type ? base : get_element_type(type);
        }
    });
}

std::string columns_made_of(const std::string &tables, const std::string &types) {
    return core::format(
        "WITH RECURSIVE parts(table_name, relation, number, type) AS ("
        "  SELECT g.table_name, g.relation, a.attnum, a.atttypid FROM ({}) g(table_name, relation)"
        "  JOIN pg_attribute a ON a.attrelid = g.relation AND a.attnum > 0 AND NOT a.attisdropped"
        " UNION SELECT p.table_name, p.relation, p.number, f.type FROM parts p"
        "  JOIN pg_type t ON t.oid = p.type, LATERAL ("
        "   SELECT t.typbasetype UNION ALL SELECT t.typelem"
        "   UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)"
        "   UNION ALL SELECT c.atttypid FROM pg_attribute c WHERE t.typtype = 'c' AND c.attrelid = t.typrelid"
        "    AND c.attnum > 0 AND NOT c.attisdropped) f(type) WHERE f.type <> 0)"
        " SELECT p.table_name, a.attname::text FROM parts p"
        "  JOIN pg_attribute a ON a.attrelid = p.relation AND a.attnum = p.number"
        "  WHERE p.type IN ({}) GROUP BY 1, 2, a.attnum ORDER BY 1, a.attnum",
        tables, types);
}

std::string deep_column(Oid table) {
    const char *name = pg::pg_call([&]() -> const char * {
        for (int16 number = 1;; number++) {
            HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(table), Int16GetDatum(number));
            if (!HeapTupleIsValid(tuple)) return nullptr;
            const auto &form = *reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
            const char *deep = is_deep(form.atttypid) ? pstrdup(NameStr(form.attname)) : nullptr;
            ReleaseSysCache(tuple);
            if (deep != nullptr) return deep;
        }
    });
    return name != nullptr ? name : "";
}

}  // namespace retry_ledger::guard
