#include "pg/index_answers.hpp"

extern "C" {
#include "catalog/pg_am.h"
}

#include <algorithm>

namespace retry_ledger::pg {

namespace {

const char *extension_of(const IndexKey &key) {
    return get_extension_name(getExtensionOfObject(OperatorFamilyRelationId, key.family));
}

bool is_one_of(const char *name, std::initializer_list<const char *> names) {
    return name != nullptr && std::any_of(names.begin(), names.end(),
                                          [&](const char *known) { return strcmp(name, known) == 0; });
}

bool searches_otherwise(const IndexKey &key) {
    return key.method != BTREE_AM_OID && key.method != HASH_AM_OID;
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
bool extension_may_miss_rows(const IndexKey &key) {
    const Oid collation = key.collation;
    if (OidIsValid(collation) && collation != C_COLLATION_OID && !is_libc_default(collation)) return true;
    switch (key.type) {
        case BPCHAROID:
        case INETOID:
        case CIDROID:
        case TIMETZOID:
            return key.method == GIST_AM_OID;
        default:
            return false;
    }
}

}  // namespace

bool is_untried(const IndexKey &key) {
    return searches_otherwise(key) && key.family >= FirstNormalObjectId &&
           !is_one_of(extension_of(key), {"bloom", "btree_gin", "btree_gist", "cube", "hstore", "intarray",
                                          "ltree", "pg_trgm", "seg"});
}

bool may_miss_rows(const IndexKey &key) {
    if (key.family >= FirstNormalObjectId && is_one_of(extension_of(key), {"cube"})) return true;
    if (!searches_otherwise(key)) return false;
    const Oid collation = key.collation;
    if (key.method != BRIN_AM_OID && OidIsValid(collation) && !get_collation_isdeterministic(collation))
        return true;
    if (key.family >= FirstNormalObjectId) return extension_may_miss_rows(key);
    switch (key.type) {
        case POINTOID:
        case BOXOID:
        case POLYGONOID:
        case CIRCLEOID:
            return true;
        case ANYMULTIRANGEOID:
            return key.method == GIST_AM_OID;
        case INETOID:
        case CIDROID:
            return key.method == SPGIST_AM_OID;
        default:
            return false;
    }
}

}  // namespace retry_ledger::pg
