// can_see_run: the filter of the views on history.
//
// An ordinary view would show every tenant's rows: it reads our tables with its owner's rights.  So each row
// is asked for: may the caller see the run in the application's table, under its own privileges and row level
// security?  Most callers are answered once per statement and table (no privilege: nothing; privilege and no
// row level security: everything); the others by a look-up of the key, as themselves.
//
// The history of a table that isn't governed any more, or doesn't exist, has nobody to ask: it is for
// superusers, pg_read_all_data and the extension's owner.
#include "history/visible.hpp"

#include "retry/resolve.hpp"

namespace retry_ledger::history {

namespace {

using govern::Governed;
using govern::GovernedRef;

enum class Sight { nothing, everything, row_by_row };

// What was found for one table in this statement.  Lives with the function call's FmgrInfo.
struct Remembered {
    Remembered *next;
    Oid user, root;
    bool row_security;
    Sight sight;
    int size;
    char name[FLEXIBLE_ARRAY_MEMBER];
};

Oid governed_root(const pg::Home &home, std::string_view name) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    pg::Rows rows = pg::run_latest(core::format("SELECT run_table FROM {}.governed_table"
                                                " WHERE table_name = $1 AND kind = 'runs'",
                                                pg::schema_name(home)),
                                   {pg::text_param(name)});
    return rows.empty() ? InvalidOid : static_cast<Oid>(rows.integer(0, 1));
}

bool reads_everything(const pg::Home &home) {
    return pg::pg_call([&] {
        Oid user = GetUserId();
        return superuser_arg(user) || has_privs_of_role(user, ROLE_PG_READ_ALL_DATA) ||
               has_privs_of_role(user, home.owner);
    });
}

Sight sight_of(const pg::Home &home, Oid root) {
    // A regclass that survived its table is an OID that nothing has any more.
    bool exists = OidIsValid(root) &&
                  pg::pg_call([&] { return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(root)); });
    GovernedRef table = exists ? govern::find_governed(home, root) : GovernedRef();
    if (!table) return reads_everything(home) ? Sight::everything : Sight::nothing;
    if (!may_read_runs(*table)) return Sight::nothing;
    int policies = pg::pg_call([&] { return check_enable_rls(root, InvalidOid, true); });
    return policies == RLS_ENABLED ? Sight::row_by_row : Sight::everything;
}

bool is_for(const Remembered &entry, std::string_view name) {
    return entry.user == GetUserId() && entry.row_security == row_security &&
           std::string_view(entry.name, static_cast<size_t>(entry.size)) == name;
}

const Remembered *look_up(FunctionCallInfo fcinfo, const pg::Home &home, std::string_view name) {
    auto *first = static_cast<Remembered *>(fcinfo->flinfo->fn_extra);
    for (Remembered *entry = first; entry != nullptr; entry = entry->next)
        if (is_for(*entry, name)) return entry;

    Oid root = governed_root(home, name);
    Sight sight = sight_of(home, root);
    auto *entry = pg::pg_call([&] {
        return static_cast<Remembered *>(
            MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, offsetof(Remembered, name) + name.size()));
    });
    *entry = {first, GetUserId(), root, row_security, sight, static_cast<int>(name.size())};
    memcpy(entry->name, name.data(), name.size());
    fcinfo->flinfo->fn_extra = entry;
    return entry;
}

// As the caller, under its policies; with row_security off PostgreSQL's own error says that they would apply.
// What policies set goes with the look: those of one table don't decide what is seen of another.
bool finds_row(const pg::Home &home, Oid root, const std::string &text) {
    GovernedRef table = govern::find_governed(home, root);
    if (!table) return false;
    std::optional<Datum> key = key_datum(*table, text);
    if (!key) return false;
    pg::SpiScope spi;
    const pg::LocalSettings theirs;
    if (table->see_run == nullptr)
        table->see_run = pg::prepare_kept(
            core::format("SELECT 1 FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) $1", table->table_name.view(),
                         pg::quote_ident(table->key.name.string())),
            {table->key.base_type});
    return !pg::run(table->see_run, {{table->key.base_type, *key}}, pg::See::statement, 1).empty();
}

}  // namespace

std::optional<Datum> key_datum(const Governed &table, const std::string &text) {
    if (!core::can_be_key(retry::key_type(table), text)) return std::nullopt;
    Oid type = table.key.base_type;
    bool known = pg::pg_call([&] {
        return get_typtype(type) != TYPTYPE_ENUM ||
               SearchSysCacheExists2(ENUMTYPOIDNAME, ObjectIdGetDatum(type), CStringGetDatum(text.c_str()));
    });
    // Neither an enum's label nor an identifier longer than names are.
    if (!known) return std::nullopt;
    return pg::input_datum(type, -1, text);
}

bool may_read_runs(const Governed &table) {
    return pg::pg_call([&] {
        Oid user = GetUserId();
        if (!pg::compat::has_schema_privilege(get_rel_namespace(table.root), user, ACL_USAGE)) return false;
        if (pg_class_aclcheck(table.root, user, ACL_SELECT) == ACLCHECK_OK) return true;
        for (const govern::Column *column : {&table.key, &table.status, &table.error, &table.tenant})
            if (*column && pg_attribute_aclcheck(table.root, column->attnum, user, ACL_SELECT) != ACLCHECK_OK)
                return false;
        return true;
    });
}

}  // namespace retry_ledger::history

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(can_see_run) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        std::string_view name = pg::varlena_view(PG_GETARG_DATUM(0));
        const history::Remembered *table = history::look_up(fcinfo, home, name);
        if (table->sight != history::Sight::row_by_row)
            return BoolGetDatum(table->sight == history::Sight::everything);
        return BoolGetDatum(history::finds_row(home, table->root, *pg::text_argument(fcinfo, 1)));
    });
}

RETRY_LEDGER_FUNCTION(can_see_all_runs) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        std::string_view name = pg::varlena_view(PG_GETARG_DATUM(0));
        return BoolGetDatum(history::look_up(fcinfo, home, name)->sight == history::Sight::everything);
    });
}
