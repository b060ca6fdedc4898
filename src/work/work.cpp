#include "work/work.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/keys.hpp"
#include "pg/application.hpp"
#include "retry/question.hpp"
#include "retry/resolve.hpp"

namespace retry_ledger::work {

using core::Token;

std::vector<TableItems> by_table(const pg::Home &home, std::vector<Item> &items) {
    std::map<std::string, size_t> places;
    std::vector<TableItems> tables;
    for (Item &item : items) {
        auto [place, is_new] = places.emplace(item.row_table, tables.size());
        if (is_new) {
            govern::GovernedRef table = find_table(home, item.row_table);
            if (table && table->work == nullptr) table = {};
            tables.push_back({std::move(table), {}});
        }
        tables[place->second].items.push_back(&item);
    }
    return tables;
}

core::Refusal work_not_found(const std::string &job_id) {
    return {Token::work_not_found,
            core::format("there is no work \"{}\"", core::shortened(job_id)),
            {{"job_id", core::shortened(job_id)}},
            "Report under the job_id that claim_work gave, as the role that claimed it, or name the table."};
}

core::Refusal ambiguous_work(const std::string &job_id, const std::vector<std::string> &tables) {
    return {Token::invalid_run_table,
            core::format("work \"{}\" is of more than one table", core::shortened(job_id)),
            {{"job_id", core::shortened(job_id)}, {"candidates", tables}},
            "Name the table: run_table => '...'."};
}

core::Refusal released_work(const Item &item) {
    return {Token::invalid_run_table,
            core::format("{} has no work queue any more", item.row_table),
            {{"run_table", item.row_table}},
            "Its work was dropped when it was released."};
}

core::Refusal unseen_work(const Item &item) {
    const std::string &key = item.batch ? item.run_key : item.row_key;
    return {Token::run_not_found,
            core::format("run {} not found", core::shortened(key)),
            {{"run_id", key}, {"run_table", item.batch ? item.run_table : item.row_table}},
            "Who reports on work sees the rows that it settles."};
}

core::Refusal stale_lease(const Item &item, std::int64_t fence) {
    core::Evidence evidence = evidence_of(item);
    evidence.push_back({"stale_fence", fence});
    return {Token::stale_lease,
            core::format("fence {} no longer holds work {}", fence, core::shortened(item.job_id)),
            std::move(evidence), "Drop the result: the work is somebody else's by now, or it is over."};
}

std::optional<Oid> acts_unnamed_as(Oid owner) {
    return pg::pg_call([&]() -> std::optional<Oid> {
        Oid caller = GetUserId();
        if (has_privs_of_role(owner, caller)) return caller;
        if (has_privs_of_role(caller, owner)) return owner;
        return std::nullopt;
    });
}

std::vector<Oid> owners_beside(const pg::Home &home, const govern::Governed &table,
                               const std::string &queue) {
    pg::AsRole owner(home.owner);
    pg::Rows rows = pg::run_latest(core::format("SELECT DISTINCT c.relowner FROM {}.work_queue q"
                                                " JOIN pg_catalog.pg_class c ON c.oid = q.run_table"
                                                " WHERE q.queue = $1 AND q.run_table <> $2",
                                                pg::schema_name(home)),
                                   {pg::text_param(queue), pg::regclass_param(table.root)});
    std::vector<Oid> owners;
    for (uint64 i = 0; i < rows.size(); i++) owners.push_back(static_cast<Oid>(rows.integer(i, 1)));
    return owners;
}

bool acts_for_all(Oid role, const std::vector<Oid> &owners) {
    return std::all_of(owners.begin(), owners.end(), [&](Oid owner) {
        return pg::pg_call([&] { return has_privs_of_role(role, owner); });
    });
}

namespace {

bool may_update(const govern::Governed &table) {
    return pg::pg_call([&] {
        return pg_class_aclcheck(table.root, GetUserId(), ACL_UPDATE) == ACLCHECK_OK ||
               pg_attribute_aclcheck_all(table.root, GetUserId(), ACL_UPDATE, ACLMASK_ANY) == ACLCHECK_OK;
    });
}

}  // namespace

bool stays_in_queue(const pg::Home &home, const govern::Governed &table, const std::vector<Item *> &items,
                    const std::string &queue) {
    const std::string &now = table.work->name;
    if (now == queue || acts_for_all(pg::owner_of(table.root), owners_beside(home, table, queue)))
        return true;
    if (!may_update(table) && !due_of(home, queue).may_update.value_or(false)) refuse_queue(queue);
    move_items(home, items, now);
    return false;
}

std::vector<const Item *> items_named(const std::vector<Item> &items, const JobName &job) {
    std::vector<const Item *> named;
    for (const Item &item : items)
        if (item.job_id == job.job_id && (!job.run_table || item.run_table == *job.run_table))
            named.push_back(&item);
    return named;
}

namespace {

bool sees_row(const pg::Home &home, const Item &item) {
    govern::GovernedRef table = find_table(home, item.row_table);
    if (!table) return false;
    Oid root = table->root;
    bool may_read = pg::pg_call([&] {
        return pg_class_aclcheck(root, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
               pg_attribute_aclcheck_all(root, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK;
    });
    return may_read && (!retry::sees_by_policy(*table) || !statuses_of(home, *table, {item.row_key}).empty());
}

// Where no table is named: what the caller's role has claimed, or else what runs nobody's code as the caller
// who couldn't be him.
std::vector<const Item *> items_of_caller(const pg::Home &home, const std::vector<const Item *> &named) {
    std::vector<const Item *> claimed, safe;
    std::string role = retry::current_role();
    for (const Item *item : named)
        if (item->leased_to == role) claimed.push_back(item);
    if (!claimed.empty()) return claimed;
    for (const Item *item : named) {
        govern::GovernedRef table = find_table(home, item->row_table);
        if (table && acts_unnamed_as(pg::owner_of(table->root)) == GetUserId() && sees_row(home, *item))
            safe.push_back(item);
    }
    return safe;
}

}  // namespace

Held held_item(const pg::Home &home, const std::vector<Item> &items, const JobName &job, std::int64_t fence) {
    std::vector<const Item *> meant = items_named(items, job);
    if (!job.run_table) meant = items_of_caller(home, meant);
    if (meant.empty()) return {nullptr, work_not_found(job.job_id)};
    if (meant.size() > 1) {
        std::vector<std::string> tables;
        for (const Item *item : meant) tables.push_back(item->run_table);
        return {nullptr, ambiguous_work(job.job_id, tables)};
    }
    const Item &item = *meant.front();
    if (item.state == "leased" && item.fence == fence) return {&item, std::nullopt};
    return {&item, sees_row(home, item) ? stale_lease(item, fence) : work_not_found(job.job_id)};
}

std::string name_argument(FunctionCallInfo fcinfo, int index, const char *name) {
    std::string value = pg::text_argument(fcinfo, index).value_or("");
    if (value.empty() || value.size() > max_name_bytes)
        refuse_work(core::format("{} has {} bytes and may have 1 to {}", name, value.size(), max_name_bytes),
                    core::format("Name the {}.", name));
    return value;
}

std::optional<std::string> table_argument(const pg::Home &home, FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return retry::require_run_table(home, PG_GETARG_OID(index))->table_name.string();
}

void refuse_work(const std::string &message, const std::string &hint) {
    throw pg::to_error(core::Refusal{Token::invalid_work, message, {}, hint});
}

void refuse_queue(const std::string &queue) {
    std::string role = retry::current_role();
    throw pg::to_error(
        core::Refusal{Token::not_allowed,
                      core::format("role {} lacks UPDATE on the tables of queue \"{}\"", role, queue),
                      {{"role", role}, {"queue", queue}, {"privilege", std::string("UPDATE")}},
                      "Who carries out work may SELECT and UPDATE the rows that it settles."});
}

void refuse_unseen(const govern::Governed &table) {
    const char *role = pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
    throw pg::to_error(core::Refusal{
        Token::not_allowed,
        core::format("role {} doesn't see all runs of {} whose turn it is", role, table.table_name.view()),
        {{"role", std::string(role)}, {"run_table", table.table_name.string()}},
        "Who carries out work sees all rows of the queue's tables: let their policies say so."});
}

std::vector<std::string> error_columns(const govern::Governed &table) {
    if (!table.error) return {};
    return {table.error.name.string()};
}

std::optional<std::string> error_outcome(const govern::Governed &table, const std::string &text) {
    if (!table.error) return std::nullopt;
    std::string value = text;
    int most = table.error.base_type == VARCHAROID && table.error.typmod > static_cast<int>(VARHDRSZ)
                   ? table.error.typmod - static_cast<int>(VARHDRSZ)
                   : 1000;
    int bytes =
        pg::pg_call([&] { return pg_mbcharcliplen(value.c_str(), static_cast<int>(value.size()), most); });
    value.resize(static_cast<size_t>(bytes));
    return core::to_json({{table.error.name.string(), value}});
}

}  // namespace retry_ledger::work
