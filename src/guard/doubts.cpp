#include "guard/doubts.hpp"

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

}  // namespace

std::map<Oid, std::vector<std::string>> doubts_of(const std::vector<Oid> &relations) {
    std::vector<std::string> oids;
    for (Oid relation : relations) oids.push_back(std::to_string(relation));
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
        {pg::text_array_param(oids)}, pg::See::latest);
    std::map<Oid, std::vector<std::string>> doubts;
    for (uint64 row = 0; row < rows.size(); row++) {
        const char *why = may_miss_rows(rows, row) ? "may miss rows"
                          : stores_by_settings(rows, row, 7) || stores_by_settings(rows, row, 8)
                              ? "goes by settings"
                              : nullptr;
        if (why != nullptr)
            doubts[static_cast<Oid>(rows.integer(row, 1))].push_back(
                core::format("absence of {}, which {}", rows.string(row, 2), why));
    }
    return doubts;
}

}  // namespace retry_ledger::guard
