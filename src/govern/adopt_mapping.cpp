// Which column plays which role: named by the caller, recorded before, or found by its name.
#include "govern/adopt_steps.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

const char *role_word(Role role) {
    static constexpr const char *words[core::role_count] = {
        "key", "status", "tenant", "parent", "attempt", "is_retry", "error", "reason", "run", "index"};
    return words[static_cast<int>(role)];
}

bool is_required(Role role) {
    return role == Role::key || role == Role::status || role == Role::run || role == Role::index;
}

bool is_lineage(Role role) {
    return role == Role::parent || role == Role::attempt || role == Role::is_retry;
}

std::string column_list(const TableShape &table) {
    Names names;
    for (const ColumnShape &column : table.columns) names.push_back(pg::quote_ident(column.name));
    return join(names);
}

class Mapper {
public:
    explicit Mapper(Adopting &adopting) : a_(adopting), table_(adopting.table), request_(adopting.request) {}

    void map() {
        for (Role role : core::roles) {
            if (!core::has_role(a_.decided.rows(), role)) continue;
            find(role);
            if (const ColumnShape *column = a_.mapped(role)) check_type(role, *column);
        }
        check_distinct();
        if (const MaybeText &attempt = a_.decided.column(Role::attempt))
            a_.decided.attempt_base =
                a_.decided.rows() == core::RowsOf::files ? core::attempt_base(*attempt) : 1;
    }

private:
    Names conventional(Role role) const { return core::conventional_names(a_.decided.rows(), role); }

    void find(Role role) {
        if (const MaybeText &named = request_.column(role)) return take_named(role, *named);
        if (a_.recorded) return take_recorded(role);
        Names found;
        for (const std::string &name : conventional(role))
            for (std::string &column : table_.spelled(name)) found.push_back(std::move(column));
        if (role == Role::key && found.empty() && table_.primary_key.size() == 1)
            return decide(role, table_.primary_key[0], "the primary key");
        if (found.size() > 1 && role != Role::key) refuse_ambiguous(role, found);
        if (!found.empty()) return decide(role, found[0], "found by its name");
        if (is_required(role)) refuse_missing(role);
        if (is_lineage(role)) return add_column(role);
        none(role, core::format("the table has no column {}", join(conventional(role), " or ")));
    }

    // An empty name: the table has such a column by its name, but it isn't meant.  Lineage gets one of its
    // own.
    void take_named(Role role, const std::string &name) {
        if (name.empty() && !is_required(role) && !is_lineage(role)) return none(role, "as asked for");
        if (name.empty() && is_lineage(role) && a_.recorded) return take_recorded(role);
        if (name.empty() && is_lineage(role) && free_name(role)) return add_column(role);
        if (table_.find(name)) return decide(role, name, "as named");
        std::string hint = core::format("The columns of {} are: {}.", table_.qualified, column_list(table_));
        if (is_lineage(role))
            hint = core::format("ALTER TABLE {} ADD COLUMN {} {}; or leave {} out, and {} is added.",
                                table_.qualified, pg::quote_ident(name), definition(role),
                                core::argument_name(role), conventional(role)[0]);
        throw refusal(table_, ERRCODE_UNDEFINED_COLUMN,
                      core::format("column \"{}\" of {} does not exist", name, table_.qualified),
                      core::format("It was named as {}.", core::argument_name(role)), hint, name);
    }

    void take_recorded(Role role) {
        const MaybeText &name = a_.recorded->adoption.column(role);
        if (!name) return none(role, "as recorded");
        decide(role, *name, "as recorded");
        (void)table_.column(*name);
    }

    void decide(Role role, const std::string &name, const char *how) {
        a_.decided.column(role) = name;
        const ColumnShape &column = table_.column(name);
        a_.add(core::argument_name(role), name, core::format("{}, {}", column.type_name, how));
    }

    void none(Role role, const std::string &why) {
        a_.decided.column(role).reset();
        a_.add(core::argument_name(role), std::nullopt, "none: " + why);
    }

    // Of a column that is added: parent_run_id, or retry_of where parent_run_id means something else.
    MaybeText free_name(Role role) const {
        for (const std::string &name : conventional(role))
            if (table_.find(name) == nullptr) return name;
        return std::nullopt;
    }

    void add_column(Role role) {
        std::string name = *free_name(role);
        a_.decided.column(role) = name;
        std::string selected = role == Role::parent    ? "NULL::" + key_type()
                               : role == Role::attempt ? "1"
                                                       : "false";
        a_.new_columns.push_back({role, name, definition(role), selected});
        a_.add(core::argument_name(role), name, "added: " + definition(role));
    }

    std::string definition(Role role) const {
        if (role == Role::attempt) return "int NOT NULL DEFAULT 1";
        if (role == Role::is_retry) return "boolean NOT NULL DEFAULT false";
        const ColumnShape *key = a_.mapped(Role::key);
        if (key == nullptr || !OidIsValid(key->collation) || key->collation == DEFAULT_COLLATION_OID)
            return key_type();
        return key_type() + " COLLATE " + pg::collation_name(key->collation);
    }

    std::string key_type() const {
        const ColumnShape *key = a_.mapped(Role::key);
        return key ? key->base_type_name : "uuid";
    }

    [[noreturn]] void refuse_ambiguous(Role role, const Names &found) {
        std::string none = is_lineage(role) || is_required(role)
                               ? std::string()
                               : core::format("; or {} => '' if it has none", core::argument_name(role));
        throw refusal(
            table_, ERRCODE_AMBIGUOUS_COLUMN,
            core::format("the {} column of {} is ambiguous", role_word(role), table_.qualified),
            core::format("It could be {}.", join(found, " or ")),
            core::format("Name it: {}{}.",
                         request_.call_with(core::argument_name(role), pg::quote_literal(found[0])), none));
    }

    [[noreturn]] void refuse_missing(Role role) {
        throw refusal(
            table_, ERRCODE_UNDEFINED_COLUMN,
            core::format("{} has no {} column that could be found", table_.qualified, role_word(role)),
            core::format("None of its columns is named {}{}.", join(conventional(role), " or "),
                         role == Role::key ? ", and its primary key isn't one column" : ""),
            core::format("Name it: {}; its columns are: {}.",
                         request_.call_with(core::argument_name(role), "'...'"), column_list(table_)));
    }

    void check_type(Role role, const ColumnShape &column) {
        if (column.generated)
            throw refusal(table_, ERRCODE_FEATURE_NOT_SUPPORTED,
                          core::format("the {} column \"{}\" of {} is generated", role_word(role),
                                       column.name, table_.qualified),
                          "A generated column has no value yet when a birth is checked.",
                          name_another(role, column), column.name);
        std::string wanted = wanted_type(role, column);
        if (!wanted.empty())
            throw refusal(table_, ERRCODE_DATATYPE_MISMATCH,
                          core::format("the {} column \"{}\" of {} has type {}", role_word(role), column.name,
                                       table_.qualified, column.type_name),
                          core::format("It must be {}.", wanted), name_another(role, column), column.name);
        if (is_lineage(role)) check_lineage(role, column);
    }

    std::string name_another(Role role, const ColumnShape &column) const {
        return core::format("Name another column: {}; its columns are: {}.",
                            request_.call_with(core::argument_name(role), "'...'"), column_list(table_));
    }

    // Empty if the type is right.
    std::string wanted_type(Role role, const ColumnShape &column) const {
        switch (role) {
            case Role::key:
            case Role::tenant:
            case Role::run:
            case Role::index:
                return is_key_type(column) ? "" : "uuid, smallint, integer, bigint, text, varchar or an enum";
            case Role::status:
                return column.is_text() || column.is_enum() ? "" : "text, varchar or an enum";
            case Role::parent:
                return same_type(column) ? "" : "of the key's type, " + key_type();
            case Role::attempt:
                return is_integer(column) ? "" : "smallint, integer or bigint";
            case Role::is_retry:
                return column.base_type == BOOLOID ? "" : "boolean";
            case Role::reason:
                return column.is_text() ? "" : "text or varchar";
            default:
                return "";
        }
    }

    static bool is_integer(const ColumnShape &column) {
        return column.base_type == INT2OID || column.base_type == INT4OID || column.base_type == INT8OID;
    }

    static bool is_key_type(const ColumnShape &column) {
        return column.base_type == UUIDOID || is_integer(column) || column.is_text() || column.is_enum();
    }

    bool same_type(const ColumnShape &column) const {
        const ColumnShape *key = a_.mapped(Role::key);
        return key && (key->base_type == column.base_type || (key->is_text() && column.is_text()));
    }

    void check_lineage(Role role, const ColumnShape &column) {
        if (column.identity)
            throw refusal(table_, ERRCODE_FEATURE_NOT_SUPPORTED,
                          core::format("the {} column \"{}\" of {} is an identity", role_word(role),
                                       column.name, table_.qualified),
                          "Its value is set by the guards, at each birth.", name_another(role, column),
                          column.name);
        if (role == Role::parent && column.not_null)
            throw refusal(
                table_, ERRCODE_FEATURE_NOT_SUPPORTED,
                core::format("the parent column \"{}\" of {} is NOT NULL", column.name, table_.qualified),
                "An original run has no parent.",
                core::format("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL.", table_.qualified,
                             pg::quote_ident(column.name)),
                column.name);
    }

    void check_distinct() {
        for (Role one : core::roles)
            for (Role other : core::roles) {
                const MaybeText &name = a_.decided.column(one);
                if (one >= other || !name || name != a_.decided.column(other)) continue;
                throw refusal(table_, ERRCODE_DUPLICATE_COLUMN,
                              core::format("column \"{}\" of {} can't be both {} and {}", *name,
                                           table_.qualified, role_word(one), role_word(other)),
                              "Each role needs a column of its own.",
                              core::format("Name another column as {} or as {}.", core::argument_name(one),
                                           core::argument_name(other)),
                              *name);
            }
    }

    Adopting &a_;
    const TableShape &table_;
    const Request &request_;
};

}  // namespace

void map_columns(Adopting &adopting) {
    Mapper(adopting).map();
}

}  // namespace retry_ledger::govern
