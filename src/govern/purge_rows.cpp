// The rows of a partition that is to be purged.  Rows are read as the owner of their table, who sees them
// all; what the ledger and the links say, as the extension's owner.
#include "govern/adopt_steps.hpp"
#include "govern/purge.hpp"
#include "ledger/ledger.hpp"
#include "pg/as_owner.hpp"
#include "pg/cursor.hpp"

namespace retry_ledger::govern {

namespace {

constexpr long batch_rows = 1000;

[[noreturn]] void refuse(const Purge &purge, const std::string &message, const std::string &detail) {
    throw refusal(purge.partition, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, message, detail,
                  "A partition goes as a whole, when all of its runs, and all runs that retried them, ended "
                  "longer ago than they are kept.");
}

class PartitionScan {
public:
    PartitionScan(const Purge &purge, Leave leave)
        : purge_(purge),
          leave_(leave),
          name_(purge.table->table_name.string()),
          key_(purge.table->key.name.string()),
          status_(purge.table->status.name.string()) {}

    PurgeFacts look() {
        pg::AsTableReader reader(purge_.partition.owner);
        pg::Cursor cursor(query());
        pg::TemporaryMemory memory;
        for (pg::Rows rows = cursor.fetch(batch_rows); !rows.empty(); rows = cursor.fetch(batch_rows)) {
            Names keys;
            for (uint64 i = 0; i < rows.size(); i++) digest_.add(rows.descriptor(), rows.tuple(i));
            read_ended(rows, keys);
            check_age(keys, true);
            check_retries_of(keys);
            if (leave_ == Leave::keys) keep_keys(purge_.home, name_, keys);
            memory.reset();
        }
        facts_.rows = digest_.count();
        facts_.digest = digest_.hex_root();
        return facts_;
    }

private:
    std::string query() const {
        Names columns;
        for (const ColumnShape &column : purge_.partition.columns)
            if (!column.is_virtual) columns.push_back("t." + pg::quote_ident(column.name));
        return core::format("SELECT {} FROM {} t ORDER BY {} COLLATE \"C\"", join(columns),
                            purge_.partition.qualified, text_expression("t", purge_.partition.column(key_)));
    }

    // Their keys, if all of them have ended.
    void read_ended(const pg::Rows &rows, Names &keys) const {
        const int key = pg::pg_call([&] { return SPI_fnumber(rows.descriptor(), key_.c_str()); });
        const int status = pg::pg_call([&] { return SPI_fnumber(rows.descriptor(), status_.c_str()); });
        for (uint64 i = 0; i < rows.size(); i++) {
            const std::string id = rows.string(i, key), now = rows.string(i, status);
            if (!purge_.table->ended.contains(now))
                refuse(purge_, core::format("{} can't be purged: a run goes on", purge_.partition.qualified),
                       core::format("Run {} is {}.", id, now));
            keys.push_back(id);
        }
    }

    void check_age(const Names &keys, bool within) {
        pg::AsRole owner(purge_.home.owner);
        pg::Rows ends = pg::run_latest(
            core::format("SELECT k.key, greatest($3, (SELECT max(e.recorded_at) FROM {}.ledger_entry e"
                         " WHERE e.run_table = $1 AND e.run_key = k.key AND e.action = 'ended'))"
                         " FROM unnest($2) k(key) ORDER BY 2 DESC, 1",
                         purge_.schema),
            {pg::text_param(name_),
             pg::text_array_param(keys),
             {TIMESTAMPTZOID, TimestampTzGetDatum(purge_.retention.adopted)}});
        for (uint64 i = 0; i < ends.size(); i++) {
            bool null;
            const int64 end = DatumGetTimestampTz(ends.value(i, 2, &null));
            if (end > purge_.retention.until)
                refuse(purge_, core::format("{} can't be purged yet", purge_.partition.qualified),
                       core::format("Run {} ended at {}, and runs of {} are kept for {}.", ends.string(i, 1),
                                    pg::iso_time(end), name_, purge_.retention.keep));
            if (!within) continue;
            facts_.first_end = facts_.first_end == 0 ? end : std::min(facts_.first_end, end);
            facts_.last_end = std::max(facts_.last_end, end);
        }
    }

    // However far down; some may be in this partition, too.
    Names retries_of(const Names &keys) const {
        pg::AsRole owner(purge_.home.owner);
        pg::Rows rows = pg::run_latest(
            core::format("WITH RECURSIVE retry(key) AS ("
                         " SELECT retry_key FROM {0}.retry WHERE run_table = $1 AND parent_key = ANY ($2)"
                         " UNION SELECT r.retry_key FROM retry JOIN {0}.retry r ON r.run_table = $1"
                         "  AND r.parent_key = retry.key) SELECT key FROM retry",
                         purge_.schema),
            {pg::text_param(name_), pg::text_array_param(keys)});
        Names retries;
        for (uint64 i = 0; i < rows.size(); i++) retries.push_back(rows.string(i, 1));
        return retries;
    }

    // Of a lineage that somebody still works on nothing goes.  Retries that are gone were purged before.
    void check_retries_of(const Names &keys) {
        const Names retries = retries_of(keys);
        if (retries.empty()) return;
        Names there;
        {
            pg::AsTableReader reader(purge_.root.owner);
            read_ended(pg::run_latest(core::format("SELECT t.{0}, t.{1} FROM {2} t WHERE t.{0} = ANY ($1)",
                                                   pg::quote_ident(key_), pg::quote_ident(status_), name_),
                                      {pg::array_of(purge_.table->key.base_type, retries)}),
                       there);
        }
        if (!there.empty()) check_age(there, false);
    }

    const Purge &purge_;
    const Leave leave_;
    const std::string name_, key_, status_;
    ledger::RowDigest digest_;
    PurgeFacts facts_;
};

}  // namespace

PurgeFacts look_at_partition(const Purge &purge, Leave leave) {
    return PartitionScan(purge, leave).look();
}

}  // namespace retry_ledger::govern
