#include "retry/link.hpp"

namespace retry_ledger::retry {

namespace {

// Columns of the table retry, from 0.
constexpr int parent_column = 3, retry_column = 4, attempt_column = 5, retried_at_column = 10,
              policy_hash_column = 12, not_before_column = 13, voided_at_column = 15, resume_column = 16;

std::optional<TimestampTz> time_in(const pg::OwnRow &row, int column) {
    if (row.nulls[column]) return std::nullopt;
    return DatumGetTimestampTz(row.values[column]);
}

std::optional<std::string> text_in(const pg::OwnRow &row, int column) {
    if (row.nulls[column]) return std::nullopt;
    return std::string(pg::varlena_view(row.values[column]));
}

const char *index_of(LinkBy by) {
    if (by == LinkBy::live_parent) return "retry_live";
    return by == LinkBy::parent ? "retry_parent" : "retry_child";
}

}  // namespace

std::optional<Link> find_link(const pg::Home &home, const govern::Governed &table, LinkBy by,
                              const std::string &key_text) {
    Oid index = pg::own_relation(home, index_of(by));
    pg::OwnRow row =
        pg::find_row(pg::own_relation(home, "retry"), index, table.table_name.string(), key_text);
    if (!row) return std::nullopt;
    return Link{std::string(pg::varlena_view(row.values[parent_column])),
                std::string(pg::varlena_view(row.values[retry_column])),
                DatumGetInt32(row.values[attempt_column]),
                DatumGetTimestampTz(row.values[retried_at_column]),
                time_in(row, not_before_column),
                time_in(row, voided_at_column),
                text_in(row, resume_column),
                row.nulls[policy_hash_column]};
}

bool is_void(const pg::Home &home, const govern::Governed &table, const std::string &key_text) {
    std::optional<Link> link = find_link(home, table, LinkBy::retry, key_text);
    return link && link->voided_at;
}

}  // namespace retry_ledger::retry
