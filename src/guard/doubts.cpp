#include "guard/doubts.hpp"

#include "guard/type_parts.hpp"
#include "pg/index_answers.hpp"
#include "pg/lasting.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::guard {

namespace {

Oid oid_of(const std::string &text) {
    return static_cast<Oid>(std::stoul(text));
}

bool may_miss_rows(const pg::Rows &rows, uint64 row) {
    const Oid method = static_cast<Oid>(rows.integer(row, 3));
    const std::vector<std::string> families = rows.array(row, 4), types = rows.array(row, 5),
                                   collations = rows.array(row, 6);
    for (size_t i = 0; i < families.size(); i++) {
        const pg::IndexKey key = {method, oid_of(families[i]), oid_of(types[i]), oid_of(collations[i])};
        if (pg::pg_call([&] { return pg::may_miss_rows(key); })) return true;
    }
    return false;
}

bool stores_by_settings(const pg::Rows &rows, uint64 row, int column) {
    const std::optional<std::string> stored = rows.text(row, column);
    return stored && pg::pg_call([&] {
               return pg::stores_by_settings(static_cast<Node *>(stringToNode(stored->c_str())));
           });
}

pg::Param oids_param(const std::vector<Oid> &oids) {
    std::vector<std::string> texts;
    for (Oid oid : oids) texts.push_back(std::to_string(oid));
    return pg::text_array_param(texts);
}

}  // namespace

void add_misleading_parts(const std::vector<Oid> &relations, Doubts &doubts) {
    if (relations.empty()) return;
    const pg::Rows rows = pg::run(
        "SELECT i.indrelid, 'index ' || i.indexrelid::pg_catalog.regclass AS what, c.relam, k.families,"
        " k.types, i.indcollation::oid[]::text[], i.indexprs::text, i.indpred::text"
        " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid,"
        " LATERAL (SELECT pg_catalog.array_agg(o.opcfamily::text ORDER BY place) AS families,"
        "  pg_catalog.array_agg(o.opcintype::text ORDER BY place) AS types"
        "  FROM pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY k(class, place)"
        "  JOIN pg_catalog.pg_opclass o ON o.oid = k.class) k WHERE i.indrelid = ANY ($1::oid[])"
        " UNION ALL SELECT k.conrelid, pg_catalog.format('constraint %I', k.conname), 0, '{}', '{}', '{}',"
        "  k.conbin::text, NULL FROM pg_catalog.pg_constraint k"
        "  WHERE k.contype = 'c' AND k.conrelid = ANY ($1::oid[]) ORDER BY what",
        {oids_param(relations)}, pg::See::latest);
    for (uint64 row = 0; row < rows.size(); row++) {
        const char *why = may_miss_rows(rows, row) ? "may miss rows"
                          : stores_by_settings(rows, row, 7) || stores_by_settings(rows, row, 8)
                              ? "goes by settings"
                              : nullptr;
        if (why != nullptr)
            doubts[static_cast<Oid>(rows.integer(row, 1))].push_back(
                core::format("absence of {}, which {}", rows.string(row, 2), why));
    }
}

void add_columns_of_cubes(const std::vector<Oid> &relations, Doubts &doubts) {
    if (!OidIsValid(pg::pg_call([] { return get_extension_oid("cube", true); }))) return;
    const pg::Rows rows = pg::run(
        columns_made_of("SELECT r::text, r FROM unnest($1::oid[]) r",
                        "SELECT t.oid FROM pg_type t JOIN pg_depend d ON d.classid = 'pg_type'::regclass"
                        " AND d.objid = t.oid AND d.deptype = 'e' JOIN pg_extension e ON e.oid = d.refobjid"
                        " WHERE e.extname = 'cube' AND t.typname = 'cube'"),
        {oids_param(relations)}, pg::See::latest);
    for (uint64 row = 0; row < rows.size(); row++)
        doubts[oid_of(rows.string(row, 1))].push_back(
            core::format("absence of column {} of type cube, of which a NaN equals anything",
                         pg::quote_ident(rows.string(row, 2))));
}

}  // namespace retry_ledger::guard
