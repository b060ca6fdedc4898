#include "pg/spi.hpp"

#include "pg/planner.hpp"

namespace retry_ledger::pg {

SpiScope::SpiScope() : exceptions_(std::uncaught_exceptions()) {
    int code = pg_call([] { return SPI_connect(); });
    if (code != SPI_OK_CONNECT)
        throw Error{ERRCODE_INTERNAL_ERROR,
                    core::format("SPI_connect failed: {}", SPI_result_code_string(code))};
}

SpiScope::~SpiScope() {
    if (std::uncaught_exceptions() == exceptions_) SPI_finish();
}

LocalSettings::LocalSettings()
    : exceptions_(std::uncaught_exceptions()), nest_level_(pg_call([] { return NewGUCNestLevel(); })) {}

LocalSettings::~LocalSettings() {
    if (std::uncaught_exceptions() == exceptions_) AtEOXact_GUC(false, nest_level_);
}

void LocalSettings::set(const char *name, const char *value) {
    pg_call([&] {
        (void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    });
}

LocalSetting::LocalSetting(const char *name, const char *value) {
    set(name, value);
    // Our own statements write names that are keys: in one way, whatever the session says.
    if (quote_all_identifiers) set("quote_all_identifiers", "off");
}

namespace {

bool as_ourselves = false;  // the innermost AsRole is the extension's owner

// The statement that we run at this moment.  While it is planned and run other code may: functions in indexes
// and statistics, triggers of foreign keys, event triggers; all that they write goes through PostgreSQL's
// executor like ours.  What tells ours from theirs is how deep it runs.  SPI, functions in SQL and procedural
// languages each add a level to the stack of error contexts, so the statement that SPI runs for us, and the
// triggers that it fires, run exactly one level above the place that we call SPI from.
struct OwnStatement {
    bool ours = false;
    ErrorContextCallback *called_from = nullptr;
};
OwnStatement own_statement;

class RunningOwn {
public:
    RunningOwn() : outer_(std::exchange(own_statement, {as_ourselves, error_context_stack})) {}
    ~RunningOwn() { own_statement = outer_; }
    RunningOwn(const RunningOwn &) = delete;

private:
    OwnStatement outer_;
};

}  // namespace

bool acting_as_ourselves() {
    return own_statement.ours && error_context_stack != nullptr &&
           error_context_stack->previous == own_statement.called_from;
}

AsRole::AsRole(Oid role, int restrictions) {
    GetUserIdAndSecContext(&user_, &context_);
    SetUserIdAndSecContext(role, context_ | SECURITY_LOCAL_USERID_CHANGE | restrictions);
    ours_ = std::exchange(as_ourselves, restrictions == 0);
}

AsRole::~AsRole() {
    as_ourselves = ours_;
    SetUserIdAndSecContext(user_, context_);
}

Param text_param(std::string_view text) {
    return {TEXTOID, text_datum(text)};
}

Param text_param(const std::optional<std::string> &text) {
    if (!text) return {TEXTOID, Datum(0), true};
    return text_param(std::string_view(*text));
}

Param text_array_param(const std::vector<std::string> &elements) {
    return {TEXTARRAYOID, text_array_datum(elements)};
}

namespace {

Datum name_datum(const std::string &name) {
    return pg_call([&] {
        auto *datum = static_cast<Name>(palloc0(NAMEDATALEN));
        namestrcpy(datum, name.c_str());
        return NameGetDatum(datum);
    });
}

}  // namespace

Param name_param(const std::optional<std::string> &name) {
    if (!name) return {NAMEOID, Datum(0), true};
    return {NAMEOID, name_datum(*name)};
}

Param name_array_param(const std::vector<std::string> &names) {
    std::vector<Datum> elements;
    for (const std::string &name : names) elements.push_back(name_datum(name));
    Datum array = pg_call([&] {
        return PointerGetDatum(construct_array(elements.data(), static_cast<int>(elements.size()), NAMEOID,
                                               NAMEDATALEN, false, TYPALIGN_CHAR));
    });
    return {NAMEARRAYOID, array};
}

Param jsonb_param(const std::optional<std::string> &json) {
    if (!json) return {JSONBOID, Datum(0), true};
    return {JSONBOID, input_datum(JSONBOID, -1, *json)};
}

Param array_of(Oid type, const std::vector<std::string> &texts) {
    if (type == VARCHAROID) type = TEXTOID;
    std::vector<Datum> values;
    for (const std::string &text : texts) values.push_back(input_datum(type, -1, text));
    return pg_call([&] {
        int16 length;
        bool by_value;
        char align;
        get_typlenbyvalalign(type, &length, &by_value, &align);
        ArrayType *array =
            construct_array(values.data(), static_cast<int>(values.size()), type, length, by_value, align);
        return Param{get_array_type(type), PointerGetDatum(array)};
    });
}

Datum Rows::value(uint64 row, int column, bool *null) const {
    if (row >= processed_)
        throw Error{ERRCODE_INTERNAL_ERROR, "a statement returned fewer rows than expected"};
    return SPI_getbinval(table_->vals[row], table_->tupdesc, column, null);
}

bool Rows::is_null(uint64 row, int column) const {
    bool null;
    value(row, column, &null);
    return null;
}

std::optional<std::string> Rows::text(uint64 row, int column) const {
    bool null;
    Datum datum = value(row, column, &null);
    if (null) return std::nullopt;
    // The usual type: its output function would be looked up and called for a copy of what stands there.
    if (SPI_gettypeid(table_->tupdesc, column) == TEXTOID) return std::string(varlena_view(datum));
    const char *text = pg_call([&] { return SPI_getvalue(table_->vals[row], table_->tupdesc, column); });
    if (text == nullptr) return std::nullopt;
    return std::string(text);
}

int64 Rows::integer(uint64 row, int column) const {
    bool null;
    Datum datum = value(row, column, &null);
    if (null) return 0;
    switch (SPI_gettypeid(table_->tupdesc, column)) {
        case INT2OID:
            return DatumGetInt16(datum);
        case INT4OID:
            return DatumGetInt32(datum);
        case INT8OID:
            return pg_call([&] { return DatumGetInt64(datum); });
        case OIDOID:
        case REGCLASSOID:
            return DatumGetObjectId(datum);
        default:
            throw Error{ERRCODE_DATATYPE_MISMATCH, core::format("column {} isn't an integer", column)};
    }
}

bool Rows::boolean(uint64 row, int column) const {
    bool null;
    Datum datum = value(row, column, &null);
    return !null && DatumGetBool(datum);
}

std::vector<std::string> Rows::array(uint64 row, int column) const {
    bool null;
    Datum datum = value(row, column, &null);
    if (null) return {};
    Oid element = pg_call([&] { return get_element_type(SPI_gettypeid(table_->tupdesc, column)); });
    return text_array(datum, element);
}

namespace {

struct ParamArrays {
    std::vector<Oid> types;
    std::vector<Datum> values;
    std::vector<char> nulls;

    explicit ParamArrays(const std::vector<Param> &params) {
        for (const Param &param : params) {
            types.push_back(param.type);
            values.push_back(param.value);
            nulls.push_back(param.null ? 'n' : ' ');
        }
    }
};

// Within a pg_call.
int execute_latest(SPIPlanPtr plan, ParamArrays &p, long limit, CommandId as_of = InvalidCommandId,
                   bool read_only = true) {
    // Beside parallel workers there is no newer snapshot than theirs, nor is anything written.
    bool parallel = IsInParallelMode() && read_only;
    Snapshot snapshot = RegisterSnapshot(parallel ? GetActiveSnapshot() : GetLatestSnapshot());
    if (as_of != InvalidCommandId && !parallel) snapshot->curcid = as_of;
    int result = SPI_execute_snapshot(plan, p.values.data(), p.nulls.data(), snapshot, InvalidSnapshot,
                                      read_only, true, limit);
    UnregisterSnapshot(snapshot);
    return result;
}

Rows check_result(int code, const char *sql) {
    if (code < 0)
        throw Error{ERRCODE_INTERNAL_ERROR,
                    core::format("SPI failed: {}: {}", SPI_result_code_string(code), sql)};
    return Rows(SPI_tuptable, SPI_processed);
}

}  // namespace

Rows run(const std::string &sql, const std::vector<Param> &params, See see) {
    if (see == See::latest) return run_latest(sql, params);
    RunningOwn running;
    OwnPlanning planning;
    ParamArrays p(params);
    bool read_only = see == See::statement;
    int code = pg_call([&] {
        return SPI_execute_with_args(sql.c_str(), static_cast<int>(p.types.size()), p.types.data(),
                                     p.values.data(), p.nulls.data(), read_only, 0);
    });
    return check_result(code, sql.c_str());
}

Rows run_latest(const std::string &sql, const std::vector<Param> &params) {
    return run_as_of(InvalidCommandId, sql, params);
}

// As foreign key checks do it: the statement runs under the given snapshot and sees its own transaction's
// newest command.
Rows write_latest(const std::string &sql, const std::vector<Param> &params) {
    RunningOwn running;
    OwnPlanning planning;
    ParamArrays p(params);
    int code = pg_call([&] {
        SPIPlanPtr plan = SPI_prepare(sql.c_str(), static_cast<int>(p.types.size()), p.types.data());
        if (plan == nullptr) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
        return execute_latest(plan, p, 0, InvalidCommandId, false);
    });
    return check_result(code, sql.c_str());
}

Rows write_latest(SPIPlanPtr plan, const std::vector<Param> &params) {
    RunningOwn running;
    OwnPlanning planning;
    ParamArrays p(params);
    int code = pg_call([&] { return execute_latest(plan, p, 0, InvalidCommandId, false); });
    return check_result(code, "kept plan");
}

Rows run_as_of(CommandId started, const std::string &sql, const std::vector<Param> &params) {
    RunningOwn running;
    OwnPlanning planning;
    ParamArrays p(params);
    int code = pg_call([&] {
        SPIPlanPtr plan = SPI_prepare(sql.c_str(), static_cast<int>(p.types.size()), p.types.data());
        if (plan == nullptr) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
        return execute_latest(plan, p, 0, started);
    });
    return check_result(code, sql.c_str());
}

SPIPlanPtr prepare_kept(const std::string &sql, const std::vector<Oid> &types, Plan kind) {
    std::vector<Oid> argument_types = types;
    int options = kind == Plan::generic  ? CURSOR_OPT_GENERIC_PLAN
                  : kind == Plan::custom ? CURSOR_OPT_CUSTOM_PLAN
                                         : 0;
    SPIPlanPtr plan = pg_call([&] {
        SPIPlanPtr prepared = SPI_prepare_cursor(sql.c_str(), static_cast<int>(argument_types.size()),
                                                 argument_types.data(), options);
        if (prepared != nullptr) SPI_keepplan(prepared);
        return prepared;
    });
    if (plan == nullptr)
        throw Error{ERRCODE_INTERNAL_ERROR,
                    core::format("SPI_prepare failed: {}", SPI_result_code_string(SPI_result))};
    return plan;
}

void free_plan(SPIPlanPtr plan) noexcept {
    if (plan != nullptr) SPI_freeplan(plan);
}

void plan_without(SPIPlanPtr plan, std::initializer_list<const char *> settings) {
    OwnPlanning planning;
    SwitchedOff off(settings);
    pg_call([&] {
        CachedPlan *made = SPI_plan_get_cached_plan(plan);
        if (made != nullptr) ReleaseCachedPlan(made, CurrentResourceOwner);
    });
}

Rows run(SPIPlanPtr plan, const std::vector<Param> &params, See see, long limit) {
    RunningOwn running;
    OwnPlanning planning;
    ParamArrays p(params);
    int code = pg_call([&] {
        if (see == See::latest) return execute_latest(plan, p, limit);
        return SPI_execute_plan(plan, p.values.data(), p.nulls.data(), see == See::statement, limit);
    });
    return check_result(code, "kept plan");
}

}  // namespace retry_ledger::pg
