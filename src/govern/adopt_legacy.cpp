// Retries that a table had before it was governed: checked, and put into `retry` as they are found.
//
// The application's rows are read as the caller, and our own table is written as its owner: no expression of
// the application's is ever evaluated with our rights.
#include "core/lineage.hpp"
#include "govern/adopt_steps.hpp"
#include "pg/cursor.hpp"

namespace retry_ledger::govern {

namespace {

using core::Role;

constexpr long batch_rows = 1000;
constexpr size_t named_ids = 5;
constexpr int max_error_characters = 10'000;

pg::Param nullable_array(const std::vector<MaybeText> &texts) {
    std::vector<Datum> values;
    std::vector<char> is_null;  // vector<bool> has no data()
    for (const MaybeText &text : texts) {
        values.push_back(text ? pg::text_datum(*text) : Datum(0));
        is_null.push_back(text ? 0 : 1);
    }
    static_assert(sizeof(bool) == sizeof(char));
    return {TEXTARRAYOID, pg::pg_call([&] {
                int dimension = static_cast<int>(values.size()), lower_bound = 1;
                return PointerGetDatum(
                    construct_md_array(values.data(), reinterpret_cast<bool *>(is_null.data()), 1, &dimension,
                                       &lower_bound, TEXTOID, -1, false, TYPALIGN_INT));
            })};
}

class LegacyRetries {
public:
    LegacyRetries(Adopting &adopting, Existing &existing) : a_(adopting), existing_(existing) {}

    void adopt() {
        read_lineage();
        refuse_wrong();
        if (!a_.request.dry_run) existing_.legacy_recorded = record();
        std::string how = a_.request.dry_run ? "those not linked yet would be"
                                             : core::format("{} linked now", existing_.legacy_recorded);
        a_.add("existing_retries", core::format("{}", existing_.children),
               how + ", as found, with reason adopted; of several retries of one run the newest counts");
    }

private:
    std::string name(Role role) const { return pg::quote_ident(*a_.decided.column(role)); }

    std::string text(const char *alias, Role role) const {
        const ColumnShape *column = a_.mapped(role);
        return column ? text_expression(alias, *column) : "NULL::text";
    }

    // The children c and their parents p.
    std::string source() const {
        return core::format(" FROM {0} c LEFT JOIN {0} p ON p.{1} = c.{2} WHERE c.{2} IS NOT NULL",
                            a_.table.qualified, name(Role::key), name(Role::parent));
    }

    void read_lineage() {
        std::string other_tenant = "false", no_failure = no_failure_of_parent();
        if (a_.mapped(Role::tenant))
            other_tenant = core::format("p.{0} IS DISTINCT FROM c.{0}", name(Role::tenant));
        pg::Cursor cursor(core::format("SELECT {}, {}, p.{} IS NULL, {}, {} {} ORDER BY {} COLLATE \"C\"",
                                       text("c", Role::key), text("c", Role::parent), name(Role::key),
                                       other_tenant, no_failure, source(), text("c", Role::key)));
        pg::TemporaryMemory memory;
        for (pg::Rows rows = cursor.fetch(batch_rows); !rows.empty(); rows = cursor.fetch(batch_rows)) {
            Names children, parents;  // of those whose parent isn't there
            for (uint64 i = 0; i < rows.size(); i++)
                if (!read_edge(rows, i)) {
                    children.push_back(rows.string(i, 1));
                    parents.push_back(rows.string(i, 2));
                }
            note_orphans(children, parents);
            memory.reset();
        }
    }

    // False: its parent isn't there.
    bool read_edge(const pg::Rows &rows, uint64 i) {
        std::string child = rows.string(i, 1), parent = rows.string(i, 2);
        lineage_.add(child, parent);
        if (rows.boolean(i, 3)) return false;
        if (child == parent)
            note(own_parents_, child);
        else if (rows.boolean(i, 4))
            note(strangers_, child);
        else if (rows.boolean(i, 5))
            note(doubtful_, child);
        return true;
    }

    // A parent that a link speaks of was there, and was purged.
    void note_orphans(const Names &children, const Names &parents) {
        if (children.empty()) return;
        pg::AsRole owner(a_.request.home.owner);
        pg::Rows unlinked = pg::run_latest(
            core::format("SELECT u.child FROM unnest($2, $3) u(child, parent) WHERE (SELECT r.parent_key FROM"
                         " {}.retry r WHERE r.run_table = $1 AND r.retry_key = u.child) IS DISTINCT FROM"
                         " u.parent",
                         pg::schema_name(a_.request.home)),
            {pg::text_param(std::string_view(a_.table.qualified)), pg::text_array_param(children),
             pg::text_array_param(parents)});
        for (uint64 i = 0; i < unlinked.size(); i++) note(orphans_, unlinked.string(i, 1));
    }

    // parent_run_id may mean the run that started a part of itself.  A child that doesn't say itself that it
    // is a retry, of a run that goes on or has succeeded, is no retry unless somebody says that the column
    // is of retries.
    std::string no_failure_of_parent() const {
        const std::string column = core::snake_case(*a_.decided.column(Role::parent));
        if (a_.recorded || a_.request.column(Role::parent) || column == "retry_of") return "false";
        Names failed;
        for (const std::string &status : a_.decided.statuses.ended)
            if (!core::is_success(status) || core::lower_case(status) == "completed_with_errors")
                failed.push_back(status);
        std::string says_retry = "false";
        if (a_.mapped(Role::is_retry)) says_retry += core::format(" OR c.{} IS TRUE", name(Role::is_retry));
        if (a_.mapped(Role::attempt))
            says_retry += core::format(" OR c.{} > {}", name(Role::attempt), a_.decided.attempt_base);
        return core::format("{} <> ALL ({}) AND NOT ({})", text("p", Role::status), array_literal(failed),
                            says_retry);
    }

    static void note(Names &ids, const std::string &id) {
        if (ids.size() < named_ids) ids.push_back(id);
    }

    void refuse_wrong() {
        refuse(orphans_, ERRCODE_FOREIGN_KEY_VIOLATION, "retries whose parent doesn't exist",
               "Set their parent to NULL, or bring the parent back.");
        refuse(own_parents_, ERRCODE_CHECK_VIOLATION, "runs that are their own parent",
               "Set their parent to NULL.");
        refuse(strangers_, ERRCODE_CHECK_VIOLATION, "retries of another tenant's run",
               "Set their parent to NULL, or correct the tenant.");
        refuse(lineage_.in_circles(named_ids), ERRCODE_CHECK_VIOLATION, "runs that are their own ancestors",
               "Set the parent of one of each circle to NULL.");
        const std::string &parent = *a_.decided.column(Role::parent);
        refuse(doubtful_, ERRCODE_CHECK_VIOLATION, "children of runs that haven't failed",
               core::format("If \"{0}\" isn't of retries, let another column be: {1}. If it is: {2}.", parent,
                            a_.request.call_with("parent_column", "''"),
                            a_.request.call_with("parent_column", pg::quote_literal(parent)))
                   .c_str());
    }

    void refuse(const Names &ids, int sqlstate, const char *what, const char *hint) {
        if (ids.empty()) return;
        throw refusal(a_.table, sqlstate, core::format("{} has {}", a_.table.qualified, what),
                      core::format("Among them: {}.", join(ids)), hint, *a_.decided.column(Role::parent));
    }

    // Newest first: by attempt, by time of birth if there is one, by key.
    std::string newest_first() const {
        std::string order = core::format("c.{} DESC, ", name(Role::attempt));
        for (const std::string &created : a_.table.spelled("created_at"))
            if (a_.table.column(created).is_time())
                order += core::format("c.{} DESC NULLS LAST, ", pg::quote_ident(created));
        return order + core::format("c.{} DESC", name(Role::key));
    }

    int64 record() {
        pg::Cursor cursor(
            core::format("SELECT {}, {}, {}, c.{}::int8, {}, left({}, {}), row_number() OVER (PARTITION BY "
                         "c.{} ORDER BY {}) = 1 {}",
                         text("c", Role::key), text("c", Role::parent), text("c", Role::tenant),
                         name(Role::attempt), text("p", Role::status), text("p", Role::error),
                         max_error_characters, name(Role::parent), newest_first(), source()));
        std::string actor = pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
        int64 recorded = 0;
        pg::TemporaryMemory memory;
        for (pg::Rows rows = cursor.fetch(batch_rows); !rows.empty(); rows = cursor.fetch(batch_rows)) {
            recorded += insert(rows, actor);
            memory.reset();
        }
        return recorded;
    }

    // An attempt that isn't counted yet is told by the depth.
    int attempt_of(const std::string &child, int64 found) const {
        return found > 1 && found <= INT32_MAX ? static_cast<int>(found) : lineage_.depth(child);
    }

    // Scalar subqueries, not EXISTS: they are looked up in the index one by one, and never as a join with all
    // of `retry` again in each batch.
    int64 insert(const pg::Rows &rows, const std::string &actor) {
        Names ids, children, parents, attempts, newest;
        std::vector<MaybeText> tenants, statuses, errors;
        for (uint64 i = 0; i < rows.size(); i++) {
            ids.push_back(pg::output_text(UUIDOID, pg::new_uuid()));
            children.push_back(rows.string(i, 1));
            parents.push_back(rows.string(i, 2));
            tenants.push_back(rows.text(i, 3));
            attempts.push_back(core::format("{}", attempt_of(children.back(), rows.integer(i, 4))));
            statuses.push_back(rows.text(i, 5));
            errors.push_back(rows.text(i, 6));
            newest.push_back(rows.boolean(i, 7) ? "t" : "f");
        }
        pg::AsRole owner(a_.request.home.owner);
        pg::Rows inserted = pg::run(
            core::format(
                "INSERT INTO {0}.retry (retry_id, run_table, tenant, parent_key, retry_key, attempt, "
                "original_status,"
                " original_error, reason, actor, retried_at, claims)"
                " SELECT u.id::uuid, $1, u.tenant, u.parent, u.child, u.attempt::int, u.status, u.error, "
                "'adopted', $2,"
                " now(), u.newest::boolean AND (SELECT r.claims FROM {0}.retry r WHERE r.run_table = $1"
                "  AND r.parent_key = u.parent AND r.voided_at IS NULL AND r.claims) IS NULL"
                " FROM unnest($3, $4, $5, $6, $7, $8, $9, $10)"
                "  u(id, child, parent, tenant, attempt, status, error, newest)"
                " WHERE (SELECT true FROM {0}.retry r WHERE r.run_table = $1 AND r.retry_key = u.child) IS "
                "NULL"
                " RETURNING 1",
                pg::schema_name(a_.request.home)),
            {pg::text_param(std::string_view(a_.table.qualified)), pg::text_param(std::string_view(actor)),
             pg::text_array_param(ids), pg::text_array_param(children), pg::text_array_param(parents),
             nullable_array(tenants), pg::text_array_param(attempts), nullable_array(statuses),
             nullable_array(errors), pg::text_array_param(newest)});
        return static_cast<int64>(inserted.size());
    }

    Adopting &a_;
    Existing &existing_;
    core::Lineage lineage_;
    Names orphans_, own_parents_, strangers_, doubtful_;
};

}  // namespace

void adopt_legacy_retries(Adopting &adopting, Existing &existing) {
    if (existing.children > 0) LegacyRetries(adopting, existing).adopt();
}

}  // namespace retry_ledger::govern
