// The key: does it identify a run, and where does a retry get its own?
#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

const IndexShape *unique_index_on(const Adopting &a, const ColumnShape &key) {
    for (const IndexShape &index : a.table.indexes)
        if (index.unique && index.usable && !index.predicate && index.columns.size() == 1 &&
            index.columns[0] == key.number && lasts(a, index))
            return &index;
    return nullptr;
}

// Two keys of different bytes could be equal there, and ours are compared as bytes.
void check_collation(const Adopting &a, const ColumnShape &column, const char *word) {
    if (!OidIsValid(column.collation)) return;
    if (pg::pg_call([&] { return get_collation_isdeterministic(column.collation); })) return;
    throw refusal(a.table, ERRCODE_FEATURE_NOT_SUPPORTED,
                  core::format("the {} column \"{}\" of {} has a nondeterministic collation", word,
                               column.name, a.table.qualified),
                  "Texts of different bytes can be equal under it.",
                  core::format("ALTER TABLE {} ALTER COLUMN {} TYPE {} COLLATE \"C\".", a.table.qualified,
                               pg::quote_ident(column.name), column.type_name),
                  column.name);
}

void check_unique(Adopting &a, const ColumnShape &key) {
    if (const IndexShape *index = unique_index_on(a, key)) {
        a.add("unique_key", index->name, "a unique index on the key alone");
        return;
    }
    if (a.table.partitioned()) {
        a.decided.own_key_rows = true;
        a.add("unique_key", "own key rows",
              "no unique index on the key alone: the extension keeps the keys of its partitions unique");
        return;
    }
    std::string other = a.table.primary_key.size() == 1 && a.table.primary_key[0] != key.name
                            ? "; or name the primary key: " +
                                  a.request.call_with("id_column", pg::quote_literal(a.table.primary_key[0]))
                            : "";
    throw refusal(
        a.table, ERRCODE_FEATURE_NOT_SUPPORTED,
        core::format("the key column \"{}\" of {} isn't unique by itself", key.name, a.table.qualified),
        "It needs a unique index on it alone: not partial, valid, not deferrable, and made of nothing "
        "temporary.",
        core::format("CREATE UNIQUE INDEX ON {} ({}){}.", a.table.qualified, pg::quote_ident(key.name),
                     other),
        key.name);
}

bool holds_uuid(const ColumnShape &key) {
    if (key.base_type == UUIDOID || key.base_type == TEXTOID) return true;
    constexpr int32 uuid_text_length = 36;
    return key.base_type == VARCHAROID &&
           (key.base_typmod < 0 || key.base_typmod - static_cast<int32>(VARHDRSZ) >= uuid_text_length);
}

void decide_new_key(Adopting &a, const ColumnShape &key) {
    if (key.has_default()) {
        a.decided.new_key = "default";
        a.add("new_key", "default",
              key.identity ? "a retry gets the next of the identity" : "a retry gets " + *key.default_text);
    } else if (holds_uuid(key)) {
        a.decided.new_key = "uuid";
        a.add("new_key", "uuid", "a retry gets gen_random_uuid(), or new_run_id if it is given");
    } else {
        a.decided.new_key = "caller";
        a.add("new_key", "caller", "whoever retries passes new_run_id");
    }
}

}  // namespace

bool lasts(const Adopting &a, const IndexShape &index) {
    pg::AsRole owner(a.request.home.owner);
    return !pg::run_latest(
                core::format("SELECT FROM {}.unique_index i JOIN pg_class c ON c.oid = i.indexrelid"
                             " WHERE i.indrelid = $1 AND c.relname = $2",
                             pg::schema_name(a.request.home)),
                {pg::oid_param(a.table.relation), pg::name_param(index.name)})
                .empty();
}

void require_not_null(const Adopting &a, const ColumnShape &column, const char *word, const char *why) {
    if (column.not_null) return;
    throw refusal(
        a.table, ERRCODE_FEATURE_NOT_SUPPORTED,
        core::format("the {} column \"{}\" of {} may be NULL", word, column.name, a.table.qualified), why,
        core::format("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL.", a.table.qualified,
                     pg::quote_ident(column.name)),
        column.name);
}

void check_key(Adopting &a) {
    const ColumnShape &key = *a.mapped(Role::key);
    check_collation(a, key, "key");
    check_collation(a, *a.mapped(Role::status), "status");
    require_not_null(a, key, "key", "A run without a key can't be named.");
    check_unique(a, key);
    decide_new_key(a, key);
}

}  // namespace retry_ledger::govern
