// retry_lineage, retry_tree and retry_lineage_dot: the family of a run.
//
// Two look-ups find the family in our own table, as the extension's owner; one more, as the caller, reads the
// runs themselves from the application's table.  What that one doesn't return doesn't exist for the caller.
#include <unordered_map>

#include "core/decision.hpp"
#include "core/dot.hpp"
#include "core/family.hpp"
#include "history/visible.hpp"
#include "retry/resolve.hpp"

namespace retry_ledger::history {

namespace {

using govern::Governed;
using Text = std::optional<std::string>;

struct Member {
    Text reason, actor;
    std::optional<TimestampTz> retried_at, voided_at;
    int attempt = 1;
    Text status, error;  // of the run as it is now
};

// Members and places side by side: the order of both is the order in which retries were asked for.
struct Family {
    std::vector<core::FamilyMember> places;
    std::vector<Member> members;
};

std::optional<TimestampTz> timestamp(const pg::Rows &rows, uint64 row, int column) {
    bool null;
    Datum value = rows.value(row, column, &null);
    if (null) return std::nullopt;
    return DatumGetTimestampTz(value);
}

// Both recursions look up one key at a time, whatever the planner knows of the table: a scalar subquery and
// LATERAL … OFFSET 0 can't become a hash join that reads all of it.

// The run itself if its ancestors form a cycle, which an application's own rows may.
std::string find_root(const std::string &schema, const pg::Param &table, const std::string &key) {
    pg::Rows rows = pg::run(
        core::format(
            "WITH RECURSIVE up(key, parent) AS (SELECT $2 COLLATE \"C\", (SELECT r.parent_key"
            " FROM {0}.retry r WHERE r.run_table = $1 AND r.retry_key = $2) UNION SELECT up.parent,"
            " (SELECT r.parent_key FROM {0}.retry r WHERE r.run_table = $1 AND r.retry_key = up.parent)"
            " FROM up WHERE up.parent IS NOT NULL) SELECT key FROM up WHERE parent IS NULL",
            schema),
        {table, pg::text_param(key)}, pg::See::statement);
    return rows.empty() ? key : rows.string(0, 1);
}

pg::Rows find_descendants(const std::string &schema, const pg::Param &table, const std::string &root) {
    return pg::run(
        core::format(
            "WITH RECURSIVE down AS (SELECT * FROM {0}.retry WHERE run_table = $1 AND parent_key = $2"
            " UNION SELECT r.* FROM down, LATERAL (SELECT * FROM {0}.retry r WHERE r.run_table = $1"
            " AND r.parent_key = down.retry_key OFFSET 0) r)"
            " SELECT retry_key, parent_key, claims AND voided_at IS NULL, attempt, reason, actor,"
            " retried_at, voided_at FROM down ORDER BY retried_at, retry_id",
            schema),
        {table, pg::text_param(root)}, pg::See::statement);
}

// Everything that hangs together with `key`, whether the caller can see it or not.
Family find_family(const pg::Home &home, const Governed &table, const std::string &key) {
    pg::AsRole owner(home.owner);
    pg::SpiScope spi;
    std::string schema = pg::schema_name(home);
    pg::Param name = pg::text_param(table.table_name.view());
    std::string root = find_root(schema, name, key);
    pg::Rows rows = find_descendants(schema, name, root);

    Family family;
    bool cycle = false;
    for (uint64 i = 0; i < rows.size(); i++) {
        Member member;
        family.places.push_back({rows.string(i, 1), rows.string(i, 2), rows.boolean(i, 3), false});
        cycle = cycle || family.places.back().key == root;
        member.attempt = static_cast<int>(rows.integer(i, 4));
        member.reason = rows.text(i, 5);
        member.actor = rows.text(i, 6);
        member.retried_at = timestamp(rows, i, 7);
        member.voided_at = timestamp(rows, i, 8);
        family.members.push_back(std::move(member));
    }
    if (!cycle) {
        family.places.insert(family.places.begin(), {root, std::nullopt, true, false});
        family.members.insert(family.members.begin(), Member{});
    }
    return family;
}

pg::Param key_array(const Governed &table, const Family &family) {
    std::vector<Datum> keys;
    for (const core::FamilyMember &place : family.places)
        if (std::optional<Datum> key = key_datum(table, place.key)) keys.push_back(*key);
    return pg::pg_call([&] {
        int16 length;
        bool by_value;
        char align;
        Oid type = table.key.base_type;
        get_typlenbyvalalign(type, &length, &by_value, &align);
        ArrayType *array =
            construct_array(keys.data(), static_cast<int>(keys.size()), type, length, by_value, align);
        return pg::Param{get_array_type(type), PointerGetDatum(array), false};
    });
}

std::string column_or_null(const govern::Column &column) {
    return column ? "t." + pg::quote_ident(column.name.string()) : "NULL";
}

// Reads the runs as the caller and marks what it can see.
void read_runs(const Governed &table, const Text &tenant, Family &family) {
    pg::SpiScope spi;
    pg::Param keys = key_array(table, family);
    pg::Rows rows = pg::run(
        core::format("SELECT {}, {}, {}, {}, {} FROM {} t WHERE t.{} OPERATOR(pg_catalog.=) ANY ($1)",
                     column_or_null(table.key), column_or_null(table.status), column_or_null(table.attempt),
                     column_or_null(table.error), column_or_null(table.tenant), table.table_name.view(),
                     pg::quote_ident(table.key.name.string())),
        {keys}, pg::See::statement);
    std::unordered_map<std::string, size_t> index;
    for (size_t i = 0; i < family.places.size(); i++) index[family.places[i].key] = i;
    for (uint64 row = 0; row < rows.size(); row++) {
        auto found = index.find(rows.string(row, 1));
        if (found == index.end() || (tenant && rows.text(row, 5) != tenant)) continue;
        Member &member = family.members[found->second];
        family.places[found->second].visible = true;
        member.status = rows.text(row, 2);
        if (!rows.is_null(row, 3)) member.attempt = static_cast<int>(rows.integer(row, 3));
        member.error = rows.text(row, 4);
    }
}

// The family of the run that the arguments name: what the caller can see of it.
Family family_of(FunctionCallInfo fcinfo) {
    pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
    Text run_id = pg::any_argument(fcinfo, 0), tenant = pg::text_argument(fcinfo, 2);
    pg::SpiScope spi;
    retry::RunReference run =
        retry::resolve_run(home, run_id, PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1));
    const Governed &table = *run.table;
    retry::require_privileges(table, "SELECT");
    retry::check_tenant_argument(table, tenant);

    std::string key = pg::output_text(table.key.type, run.key);
    Family family = find_family(home, table, key);
    read_runs(table, tenant, family);
    for (const core::FamilyMember &place : family.places)
        if (place.key == key && place.visible) return family;
    throw pg::to_error(core::run_not_found(core::shortened(run.text), table.table_name.string()));
}

void put_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls) {
    pg::pg_call([&] {
        auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    });
}

// The values of one row, one by one.
class RowValues {
public:
    void add(int value) { add(Int32GetDatum(value), false); }
    void add(bool value) { add(BoolGetDatum(value), false); }
    void add(const Text &value) { value ? add(pg::text_datum(*value), false) : add(Datum(0), true); }
    void add(const std::optional<TimestampTz> &value) { add(TimestampTzGetDatum(value.value_or(0)), !value); }
    void put(FunctionCallInfo fcinfo) { put_row(fcinfo, values_, nulls_); }

private:
    void add(Datum value, bool null) {
        values_[count_] = value;
        nulls_[count_++] = null;
    }
    Datum values_[11] = {};
    bool nulls_[11] = {};
    int count_ = 0;
};

void put_member(FunctionCallInfo fcinfo, const Family &family, const core::Place &place, bool is_current) {
    const core::FamilyMember &run = family.places[place.member];
    const Member &member = family.members[place.member];
    RowValues row;
    row.add(place.depth);
    row.add(Text(run.key));
    row.add(place.depth > 0 ? run.parent : std::nullopt);
    row.add(member.attempt);
    row.add(member.status);
    row.add(member.error);
    row.add(member.reason);
    row.add(member.actor);
    row.add(member.retried_at);
    row.add(member.voided_at);
    row.add(is_current);
    row.put(fcinfo);
}

// The first line, at most `limit` characters of it.
std::string one_line(const Text &text, int limit) {
    if (!text) return "";
    std::string line = text->substr(0, text->find_first_of("\r\n"));
    int bytes =
        pg::pg_call([&] { return pg_mbcharcliplen(line.data(), static_cast<int>(line.size()), limit); });
    bool cut = line.size() < text->size() || static_cast<size_t>(bytes) < line.size();
    return line.substr(0, static_cast<size_t>(bytes)) + (cut ? "..." : "");
}

std::string to_the_second(TimestampTz at) {
    TimestampTz second = at - ((at % USECS_PER_SEC) + USECS_PER_SEC) % USECS_PER_SEC;
    return pg::output_text(TIMESTAMPTZOID, TimestampTzGetDatum(second));
}

core::RunLine line_of(const Family &family, size_t index) {
    const Member &member = family.members[index];
    core::RunLine line;
    line.key = one_line(family.places[index].key, 200);
    line.attempt = member.attempt;
    line.status = one_line(member.status, 80);
    line.error = one_line(member.error, 80);
    line.reason = one_line(member.reason, 80);
    line.actor = one_line(member.actor, 80);
    if (member.retried_at) line.when = to_the_second(*member.retried_at);
    line.is_void = member.voided_at.has_value();
    return line;
}

// Each run that can be seen, after the one that it retries.
std::vector<core::RunNode> nodes_of(const Family &family) {
    std::optional<size_t> current = core::current_member(family.places);
    std::unordered_map<std::string, size_t> index;
    std::vector<core::RunNode> nodes;
    for (const core::Place &place : core::reading_order(family.places)) {
        core::RunLine line = line_of(family, place.member);
        line.is_current = current == place.member;
        std::optional<size_t> parent;
        if (place.depth > 0) parent = index.at(*family.places[place.member].parent);
        index[family.places[place.member].key] = nodes.size();
        nodes.push_back({std::move(line), parent});
    }
    return nodes;
}

// The client must be able to show what the server sends.
core::Drawing drawing() {
    bool utf8 = GetDatabaseEncoding() == PG_UTF8 && pg_get_client_encoding() == PG_UTF8;
    return utf8 ? core::Drawing::box : core::Drawing::ascii;
}

}  // namespace

}  // namespace retry_ledger::history

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(retry_lineage) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        history::Family family = history::family_of(fcinfo);
        std::optional<size_t> current = core::current_member(family.places);
        for (const core::Place &place : core::reading_order(family.places))
            history::put_member(fcinfo, family, place, current == place.member);
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(retry_tree) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC); });
        history::Family family = history::family_of(fcinfo);
        std::optional<size_t> current = core::current_member(family.places);
        for (const core::Place &place : core::reading_order(family.places)) {
            core::RunLine line = history::line_of(family, place.member);
            line.is_current = current == place.member;
            Datum value = pg::text_datum(core::branches(place, history::drawing()) + core::describe(line));
            bool null = false;
            history::put_row(fcinfo, &value, &null);
        }
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(retry_lineage_dot) {
    return pg::entry([&]() -> Datum {
        history::Family family = history::family_of(fcinfo);
        std::vector<core::RunNode> nodes = history::nodes_of(family);
        return pg::text_datum(core::lineage_dot("lineage of " + nodes.front().run.key, nodes));
    });
}
