// set_work_queue: arguments over what is configured already, checked as a whole, written, and recorded.
#include "core/keys.hpp"
#include "core/names.hpp"
#include "ledger/ledger.hpp"
#include "pg/application.hpp"
#include "pg/lock.hpp"
#include "retry/arguments.hpp"
#include "work/work.hpp"

namespace retry_ledger::work {

namespace {

using core::Token;
using govern::Governed;
using MaybeText = std::optional<std::string>;

// In the order of set_work_queue's arguments.
enum Argument {
    arg_run_table,
    arg_queue,
    arg_dispatch,
    arg_mode,
    arg_payload,
    arg_payload_function,
    arg_check_function,
    arg_priority,
    arg_priority_column,
    arg_lease,
    arg_timeout,
    arg_max_deliveries,
    arg_start_status,
    arg_timeout_status,
    arg_interrupted_status,
    arg_started_column,
    arg_finished_column,
    arg_rate_limit,
    arg_rate_window,
    arg_tenant_rate_limit,
    arg_tenant_rate_window,
    arg_notify,
    arg_clear,
};

[[noreturn]] void refuse(const std::string &message, core::Evidence evidence, const std::string &hint) {
    throw pg::to_error(core::Refusal{Token::invalid_work_queue, message, std::move(evidence), hint});
}

// One row of work_queue.  Statuses and times that are not said are found when it is written.
struct Config {
    std::string queue, dispatch = "retries";
    MaybeText mode, payload, payload_function, check_function, priority_column;
    MaybeText start_status, timeout_status, interrupted_status, started_column, finished_column;
    std::int64_t priority = 0, lease = 60000000, max_deliveries = 1, rate_window = 60000000,
                 tenant_rate_window = 60000000;
    std::optional<std::int64_t> timeout, rate_limit, tenant_rate_limit;
    bool notify = true;
};

// ---- defaults by convention ---------------------------------------------------------------------------

MaybeText first_of(const govern::NameList &names, std::initializer_list<const char *> wanted) {
    for (const char *name : wanted)
        if (names.contains(name)) return name;
    return std::nullopt;
}

MaybeText nonempty(const govern::Name &name) {
    return name.size > 0 ? std::optional(name.string()) : std::nullopt;
}

Oid column_type(const Governed &table, const std::string &name) {
    return pg::pg_call([&] {
        AttrNumber attnum = get_attnum(table.root, name.c_str());
        return attnum > 0 ? getBaseType(get_atttype(table.root, attnum)) : InvalidOid;
    });
}

bool is_time(const Governed &table, const std::string &column) {
    Oid type = column_type(table, column);
    return type == TIMESTAMPTZOID || type == TIMESTAMPOID;
}

MaybeText time_column(const Governed &table, std::initializer_list<const char *> wanted) {
    for (const char *name : wanted)
        for (const govern::Name &column : table.outcomes)
            if (core::snake_case(column.view()) == name && is_time(table, column.string()))
                return column.string();
    return std::nullopt;
}

Config defaults_of(const Governed &table) {
    Config config;
    config.queue = table.label.string();
    if (table.active.count > 0) config.start_status = table.active.items[0].string();
    config.interrupted_status = nonempty(table.void_status);
    config.timeout_status = first_of(table.ended, {"timeout", "timed_out", "TIMEOUT", "TIMED_OUT"});
    if (!config.timeout_status) config.timeout_status = config.interrupted_status;
    config.started_column = time_column(table, {"started_at"});
    config.finished_column = time_column(table, {"completed_at", "finished_at", "ended_at"});
    return config;
}

// ---- what is configured -------------------------------------------------------------------------------

std::optional<std::int64_t> number(const pg::Rows &row, int column) {
    if (row.is_null(0, column)) return std::nullopt;
    return row.integer(0, column);
}

std::optional<Config> read_config(const pg::Home &home, const Governed &table) {
    pg::AsRole owner(home.owner);
    pg::Rows row = pg::run_latest(
        core::format(
            "SELECT queue, dispatch, mode, payload::text, payload_function, check_function,"
            " priority_column::text, start_status, timeout_status, interrupted_status,"
            " started_column::text, finished_column::text, priority, lease_us, max_deliveries,"
            " rate_window_us, tenant_rate_window_us, timeout_us, rate_limit, tenant_rate_limit, notify"
            " FROM {}.work_queue WHERE run_table = $1",
            pg::schema_name(home)),
        {pg::regclass_param(table.root)});
    if (row.empty()) return std::nullopt;
    Config config;
    config.queue = row.string(0, 1);
    config.dispatch = row.string(0, 2);
    int column = 3;
    for (MaybeText *text : {&config.mode, &config.payload, &config.payload_function, &config.check_function,
                            &config.priority_column, &config.start_status, &config.timeout_status,
                            &config.interrupted_status, &config.started_column, &config.finished_column})
        *text = row.text(0, column++);
    for (std::int64_t *value : {&config.priority, &config.lease, &config.max_deliveries, &config.rate_window,
                                &config.tenant_rate_window})
        *value = row.integer(0, column++);
    for (auto *value : {&config.timeout, &config.rate_limit, &config.tenant_rate_limit})
        *value = number(row, column++);
    config.notify = row.boolean(0, column);
    return config;
}

// ---- changes ------------------------------------------------------------------------------------------

void clear_setting(Config &config, const Config &unsaid, const std::string &name) {
    const std::pair<const char *, MaybeText Config::*> texts[] = {
        {"mode", &Config::mode},
        {"payload", &Config::payload},
        {"payload_function", &Config::payload_function},
        {"check_function", &Config::check_function},
        {"priority_column", &Config::priority_column},
        {"start_status", &Config::start_status},
        {"timeout_status", &Config::timeout_status},
        {"interrupted_status", &Config::interrupted_status},
        {"started_column", &Config::started_column},
        {"finished_column", &Config::finished_column}};
    for (const auto &[text, field] : texts)
        if (name == text) return void(config.*field = unsaid.*field);
    const std::pair<const char *, std::optional<std::int64_t> Config::*> numbers[] = {
        {"timeout", &Config::timeout},
        {"rate_limit", &Config::rate_limit},
        {"tenant_rate_limit", &Config::tenant_rate_limit}};
    for (const auto &[text, field] : numbers)
        if (name == text) return void(config.*field = unsaid.*field);
    refuse(core::format("\"{}\" can't be cleared", core::shortened(name)), {},
           "These can: mode, payload, payload_function, check_function, priority_column, start_status, "
           "timeout_status, interrupted_status, started_column, finished_column, timeout, rate_limit, "
           "tenant_rate_limit.");
}

// '' stands for none.
void set_or_none(MaybeText &field, const MaybeText &value) {
    if (value) field = value->empty() ? std::nullopt : value;
}

template <class T>
void set(T &field, FunctionCallInfo fcinfo, Argument argument) {
    if (!PG_ARGISNULL(argument)) field = PG_GETARG_INT32(argument);
}

template <class T>
void set_interval(T &field, FunctionCallInfo fcinfo, Argument argument, const char *name) {
    if (auto value = interval_argument(fcinfo, argument, name, Token::invalid_work_queue)) field = *value;
}

MaybeText function_argument(FunctionCallInfo fcinfo, Argument argument) {
    MaybeText name = pg::text_argument(fcinfo, argument);
    if (!name) return std::nullopt;
    std::optional<Oid> function = pg::find_application_function(*name);
    if (!function)
        refuse(core::format("there is no function \"{}\" of one jsonb", core::shortened(*name)),
               {{"function", core::shortened(*name)}},
               "Name a function f(jsonb) that exists, with its schema if need be.");
    return pg::signature_of(*function);
}

void apply(FunctionCallInfo fcinfo, Config &config) {
    if (auto queue = pg::text_argument(fcinfo, arg_queue)) config.queue = *queue;
    if (auto dispatch = pg::text_argument(fcinfo, arg_dispatch)) config.dispatch = *dispatch;
    if (auto mode = pg::text_argument(fcinfo, arg_mode)) config.mode = *mode;
    if (auto payload = retry::json_argument(fcinfo, arg_payload)) {
        config.payload = *payload;
        config.payload_function.reset();
    }
    if (auto function = function_argument(fcinfo, arg_payload_function)) {
        config.payload_function = *function;
        config.payload.reset();
    }
    if (auto function = function_argument(fcinfo, arg_check_function)) config.check_function = *function;
    set(config.priority, fcinfo, arg_priority);
    set_or_none(config.priority_column, pg::name_argument(fcinfo, arg_priority_column));
    set_interval(config.lease, fcinfo, arg_lease, "lease");
    set_interval(config.timeout, fcinfo, arg_timeout, "timeout");
    set(config.max_deliveries, fcinfo, arg_max_deliveries);
    set_or_none(config.start_status, pg::text_argument(fcinfo, arg_start_status));
    set_or_none(config.timeout_status, pg::text_argument(fcinfo, arg_timeout_status));
    set_or_none(config.interrupted_status, pg::text_argument(fcinfo, arg_interrupted_status));
    set_or_none(config.started_column, pg::name_argument(fcinfo, arg_started_column));
    set_or_none(config.finished_column, pg::name_argument(fcinfo, arg_finished_column));
    set(config.rate_limit, fcinfo, arg_rate_limit);
    set_interval(config.rate_window, fcinfo, arg_rate_window, "rate_window");
    set(config.tenant_rate_limit, fcinfo, arg_tenant_rate_limit);
    set_interval(config.tenant_rate_window, fcinfo, arg_tenant_rate_window, "tenant_rate_window");
    if (!PG_ARGISNULL(arg_notify)) config.notify = PG_GETARG_BOOL(arg_notify);
}

// ---- checks -------------------------------------------------------------------------------------------

[[noreturn]] void refuse_column(const Governed &table, const std::string &column, const std::string &what) {
    refuse(core::format("column \"{}\" of {} {}", core::shortened(column), table.table_name.view(), what),
           {{"run_table", table.table_name.string()}, {"column", core::shortened(column)}},
           "Name a column that fits.");
}

void check_payload(const Governed &table, const Config &config) {
    if (!config.payload) return;
    core::PayloadTemplate payload;
    if (auto error = core::parse_payload(json_tree(pg::input_datum(JSONBOID, -1, *config.payload)), payload))
        refuse(
            core::format("the payload can't be used: {}", *error), {{"run_table", table.table_name.string()}},
            "A place to fill in is {\"$column\": \"c\"}, {\"$lineage\": \"c\"} or {\"$work\": \"job_id\"}.");
    for (const core::Hole &hole : payload.holes)
        if (hole.kind != core::Hole::Kind::work && !OidIsValid(column_type(table, hole.name)))
            refuse_column(table, hole.name, "doesn't exist");
}

void check_status(const Governed &table, const char *argument, const MaybeText &status,
                  const govern::NameList &allowed, const char *phase) {
    if (!status)
        refuse(core::format("{} is needed: {} has no status that it could be by default", argument,
                            table.table_name.view()),
               {{"run_table", table.table_name.string()}},
               core::format("Pass {} => '...', one of its ended statuses.", argument));
    if (!allowed.contains(*status))
        refuse(core::format("{} \"{}\" is not an {} status of {}", argument, core::shortened(*status), phase,
                            table.table_name.view()),
               {{"status", core::shortened(*status)}, {"statuses", allowed.strings()}},
               "The view governed_tables shows the statuses.");
}

void check_time_column(const Governed &table, const MaybeText &column) {
    if (!column) return;
    if (!is_time(table, *column) || !table.outcomes.contains(*column))
        refuse_column(table, *column, "is not an outcome column of type timestamp");
}

void check_numbers(const Config &config) {
    if (config.max_deliveries < 1 || config.max_deliveries > 100)
        refuse(core::format("max_deliveries is {} and may be 1 to 100", config.max_deliveries), {},
               "1 means that a lost lease ends the attempt.");
    for (const auto &limit : {config.rate_limit, config.tenant_rate_limit})
        if (limit && *limit < 1)
            refuse(core::format("a limit of {} claims allows none", *limit), {},
                   "A limit is 1 or more; clear => '{rate_limit}' removes it.");
}

void check(const Governed &table, const Config &config) {
    if (config.queue.empty() || config.queue.size() > max_name_bytes)
        refuse(core::format("the queue's name has {} bytes and may have 1 to {}", config.queue.size(),
                            max_name_bytes),
               {}, "Name it after the kind of work that it holds.");
    if (config.dispatch != "retries" && config.dispatch != "all" && config.dispatch != "none")
        refuse(core::format("dispatch is \"{}\"", core::shortened(config.dispatch)), {},
               "It is 'retries', 'all' (first runs too) or 'none'.");
    if (config.mode && table.kind != govern::Kind::files)
        refuse(core::format("{} isn't a table of files", table.table_name.view()),
               {{"run_table", table.table_name.string()}}, "A mode is for tables of files only.");
    if (config.mode && *config.mode != "file" && *config.mode != "batch")
        refuse(core::format("mode is \"{}\"", core::shortened(*config.mode)), {}, "It is 'file' or 'batch'.");
    if (config.check_function && table.kind == govern::Kind::files)
        refuse(core::format("{} is a table of files", table.table_name.view()),
               {{"run_table", table.table_name.string()}},
               "A check function is asked about the retry of a run: set it for the table of the runs.");
    check_payload(table, config);
    if (config.priority_column) {
        Oid type = column_type(table, *config.priority_column);
        if (type != INT2OID && type != INT4OID)
            refuse_column(table, *config.priority_column, "is not of type smallint or integer");
    }
    if (config.start_status) check_status(table, "start_status", config.start_status, table.active, "active");
    check_status(table, "timeout_status", config.timeout_status, table.ended, "ended");
    check_status(table, "interrupted_status", config.interrupted_status, table.ended, "ended");
    check_time_column(table, config.started_column);
    check_time_column(table, config.finished_column);
    check_numbers(config);
}

// ---- writing ------------------------------------------------------------------------------------------

pg::Param maybe_bigint(const std::optional<std::int64_t> &value) {
    return {INT8OID, pg::pg_call([&] { return Int64GetDatum(value.value_or(0)); }), !value};
}

// What the row says, as JSON.
std::string write(const pg::Home &home, const Governed &table, const Config &config) {
    std::string role = pg::pg_call([] { return GetUserNameFromId(GetUserId(), false); });
    pg::AsRole owner(home.owner);
    std::string schema = pg::schema_name(home);
    pg::run(core::format("DELETE FROM {}.work_queue WHERE run_table = $1", schema),
            {pg::regclass_param(table.root)});
    pg::Rows row = pg::run(
        core::format(
            "INSERT INTO {}.work_queue AS q (run_table, queue, dispatch, mode, payload, payload_function,"
            " check_function, priority_column, start_status, timeout_status, interrupted_status,"
            " started_column, finished_column, priority, lease_us, max_deliveries, rate_window_us,"
            " tenant_rate_window_us, timeout_us, rate_limit, tenant_rate_limit, notify, set_by, set_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,"
            " $20, $21, $22, $23, now()) RETURNING to_jsonb(q) - '{{run_table,set_by,set_at}}'::text[]",
            schema),
        {pg::regclass_param(table.root),
         pg::text_param(config.queue),
         pg::text_param(config.dispatch),
         pg::text_param(config.mode),
         pg::jsonb_param(config.payload),
         pg::text_param(config.payload_function),
         pg::text_param(config.check_function),
         pg::text_param(config.priority_column),
         pg::text_param(config.start_status),
         pg::text_param(config.timeout_status),
         pg::text_param(config.interrupted_status),
         pg::text_param(config.started_column),
         pg::text_param(config.finished_column),
         bigint_param(config.priority),
         bigint_param(config.lease),
         bigint_param(config.max_deliveries),
         bigint_param(config.rate_window),
         bigint_param(config.tenant_rate_window),
         maybe_bigint(config.timeout),
         maybe_bigint(config.rate_limit),
         maybe_bigint(config.tenant_rate_limit),
         pg::bool_param(config.notify),
         pg::text_param(role)});
    return row.string(0, 1);
}

void record(const pg::Home &home, const Governed &table, const std::string &config) {
    ledger::Entry entry;
    entry.action = "work_queue_set";
    entry.run_table = table.table_name.string();
    entry.policy_hash = table.policy_hash;
    entry.evidence = {{"work_queue", core::Json{config}}};
    ledger::append(home, entry);
}

void require_owner(const Governed &table) {
    if (pg::pg_call([&] { return superuser() || pg::compat::owns_relation(table.root, GetUserId()); }))
        return;
    throw pg::to_error(core::Refusal{Token::not_allowed,
                                     "only the table's owner may set its work queue",
                                     {{"run_table", table.table_name.string()}},
                                     "Ask the owner, or have the role granted to you."});
}

// Who claims from a queue runs the triggers of all its tables, and their limits and priorities hold for all:
// nobody brings a table, or changes how one is handed out, where he couldn't act for the others' owners.
void require_company(const pg::Home &home, const Governed &table, const std::string &queue) {
    if (acts_for_all(GetUserId(), owners_beside(home, table, queue))) return;
    throw pg::to_error(core::Refusal{
        Token::not_allowed,
        core::format("queue \"{}\" is of another owner's tables", core::shortened(queue)),
        {{"run_table", table.table_name.string()}, {"queue", core::shortened(queue)}},
        "Name another queue, or let a role share this one that may act for the owners of all its tables."});
}

// A governed table of runs or of files.
govern::GovernedRef require_table(const pg::Home &home, Oid relation) {
    govern::GovernedRef table = govern::find_governed(home, relation);
    if (table && table->kind == govern::Kind::files) return table;
    return retry::require_run_table(home, relation);
}

std::string set_queue(const pg::Home &home, FunctionCallInfo fcinfo) {
    pg::SpiScope spi;
    if (PG_ARGISNULL(arg_run_table))
        throw pg::to_error(core::Refusal{
            Token::invalid_run_table, "the table is NULL", {}, "Name the table whose work it is."});
    govern::GovernedRef table = require_table(home, PG_GETARG_OID(arg_run_table));
    require_owner(*table);
    // Whoever comes second starts from what the first has set, and meets the company that it keeps.
    pg::lock_name(home, "work queue of " + table->table_name.string());
    Config unsaid = defaults_of(*table);
    Config config = read_config(home, *table).value_or(unsaid);
    auto cleared = pg::array_argument(fcinfo, arg_clear, TEXTOID);
    if (cleared)
        for (const std::string &name : *cleared) clear_setting(config, unsaid, name);
    apply(fcinfo, config);
    check(*table, config);
    pg::lock_name(home, "queue " + config.queue);
    require_company(home, *table, config.queue);
    record(home, *table, write(home, *table, config));
    govern::forget_governed(table->root);
    return config.queue;
}

}  // namespace

std::optional<std::int64_t> interval_argument(FunctionCallInfo fcinfo, int index, const char *name,
                                              Token token) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    const Interval *interval = pg::pg_call([&] { return PG_GETARG_INTERVAL_P(index); });
    constexpr int most_days = 366;
    std::int64_t length = 0;
    if (interval->month == 0 && std::abs(interval->day) <= most_days &&
        std::abs(interval->time) <= most_days * USECS_PER_DAY)
        length = interval->day * USECS_PER_DAY + interval->time;
    if (length <= 0 || length > most_days * USECS_PER_DAY)
        throw pg::to_error(
            core::Refusal{token,
                          core::format("{} isn't a length of time that can be used", name),
                          {{"argument", std::string(name)}},
                          "Name it in days, hours, minutes or seconds: more than none, at most a year."});
    return length;
}

}  // namespace retry_ledger::work

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(set_work_queue) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        return pg::text_datum(work::set_queue(home, fcinfo));
    });
}
