#include "retry/target.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/keys.hpp"
#include "pg/application.hpp"

namespace retry_ledger::retry {

namespace {

using govern::Governed;

constexpr const char *shape_hint =
    "A target is an object of columns and values, such as {\"pr_number\": 7}, or an array of up to 1000 of "
    "them.";

// ---- reading jsonb ----

struct Step {
    JsonbIteratorToken token;
    JsonbValue value;
};
static_assert(std::is_trivially_copyable_v<Step>);

class Reader {
public:
    explicit Reader(Jsonb *json) {
        iterator_ = pg::pg_call([&] { return JsonbIteratorInit(&json->root); });
    }
    Step next() {
        return pg::pg_call([&] {
            Step step;
            step.token = JsonbIteratorNext(&iterator_, &step.value, false);
            return step;
        });
    }

private:
    JsonbIterator *iterator_;
};

std::string string_of(const JsonbValue &value) {
    return {value.val.string.val, static_cast<size_t>(value.val.string.len)};
}

std::optional<std::string> scalar(const JsonbValue &value, const std::string &column) {
    switch (value.type) {
        case jbvNull:
            return std::nullopt;
        case jbvString:
            return string_of(value);
        case jbvBool:
            return value.val.boolean ? "true" : "false";
        case jbvNumeric:
            return pg::output_text(NUMERICOID, NumericGetDatum(value.val.numeric));
        default:
            refuse_target(core::format("the value of \"{}\" is not a single value", core::shortened(column)),
                          {{"columns", std::vector<std::string>{core::shortened(column)}}}, shape_hint);
    }
}

// After WJB_BEGIN_OBJECT.
WrittenTarget read_object(Reader &reader) {
    WrittenTarget target;
    for (Step step = reader.next(); step.token != WJB_END_OBJECT; step = reader.next()) {
        std::string column = string_of(step.value);
        step = reader.next();
        if (step.token != WJB_VALUE)
            refuse_target(core::format("the value of \"{}\" is not a single value", core::shortened(column)),
                          {{"columns", std::vector<std::string>{core::shortened(column)}}}, shape_hint);
        std::optional<std::string> value = scalar(step.value, column);
        target.columns.emplace_back(std::move(column), std::move(value));
    }
    if (target.columns.empty()) refuse_target("the target names no column", {}, shape_hint);
    return target;
}

// Counted before it is read: too many are refused at once.
void check_count(std::int64_t count) {
    if (count == 0)
        refuse_target("the array of targets is empty", {{"targets", std::int64_t{0}}}, shape_hint);
    if (count > max_targets)
        refuse_target(core::format("the call has {} targets and may have {}", count, max_targets),
                      {{"targets", count}, {"max_targets", std::int64_t{max_targets}}},
                      "Call once for each part of them.");
}

// ---- types ----

struct ColumnFacts {
    bool exists;
    Oid type, base_type, collation;
};

ColumnFacts facts_of(const Governed &table, const std::string &name) {
    return pg::pg_call([&] {
        ColumnFacts facts = {};
        HeapTuple tuple = SearchSysCacheAttName(table.root, name.c_str());
        if (!HeapTupleIsValid(tuple)) return facts;
        auto *attribute = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
        facts = {attribute->attnum > 0, attribute->atttypid, InvalidOid, attribute->attcollation};
        ReleaseSysCache(tuple);
        facts.base_type = getBaseType(facts.type);
        return facts;
    });
}

// Types whose equal values have one text, and whose text no setting changes; dates are written by us.
bool is_fit(const ColumnFacts &facts) {
    switch (facts.base_type) {
        case BOOLOID:
        case INT2OID:
        case INT4OID:
        case INT8OID:
        case NUMERICOID:
        case UUIDOID:
        case DATEOID:
            return true;
        case NAMEOID:
        case TEXTOID:
        case VARCHAROID:
        case BPCHAROID:
            return pg::pg_call([&] { return get_collation_isdeterministic(facts.collation); });
        default:
            return pg::pg_call([&] { return get_typtype(facts.base_type) == TYPTYPE_ENUM; });
    }
}

std::string date_text(DateADT date) {
    return pg::pg_call([&]() -> char * {
        char *text = static_cast<char *>(palloc(MAXDATELEN + 1));
        struct pg_tm time = {};
        if (DATE_NOT_FINITE(date)) {
            EncodeSpecialDate(date, text);
        } else {
            j2date(date + POSTGRES_EPOCH_JDATE, &time.tm_year, &time.tm_mon, &time.tm_mday);
            EncodeDateOnly(&time, USE_ISO_DATES, text);
        }
        return text;
    });
}

std::string canonical_text(Oid base_type, Datum value) {
    if (base_type == DATEOID) return date_text(DatumGetDateADT(value));
    std::string text = pg::output_text(base_type, value);
    if (base_type == BOOLOID) return text == "t" ? "true" : "false";
    if (base_type == BPCHAROID) text.erase(text.find_last_not_of(' ') + 1);  // as its equality has it
    return text;
}

bool is_bad_value(const pg::PgError &error) {
    int category = ERRCODE_TO_CATEGORY(error.data->sqlerrcode);
    return category == ERRCODE_DATA_EXCEPTION || category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION;
}

// Without the column's length or precision: a value that doesn't fit equals none, it is neither cut nor
// rounded.
Datum parse_value(const Governed &table, const std::string &name, Oid type, const std::string &text) {
    try {
        pg::AsOwnerRestricted owner(pg::owner_of(table.root));  // a domain's CHECKs are the application's
        return pg::input_datum(type, -1, text);
    } catch (const pg::PgError &error) {
        if (!is_bad_value(error)) throw;
    }
    const char *type_name = pg::pg_call([&] { return format_type_be(type); });
    refuse_target(core::format("\"{}\" is not a value of column \"{}\" of {}", core::shortened(text), name,
                               table.table_name.view()),
                  {{"run_table", table.table_name.string()},
                   {"columns", std::vector<std::string>{name}},
                   {"value", core::shortened(text)},
                   {"type", std::string(type_name)}},
                  core::format("Values of {} are of type {}.", name, type_name));
}

[[noreturn]] void refuse_columns(const Governed &table, const std::vector<std::string> &names,
                                 const char *why, const std::string &hint) {
    std::string list;
    for (const std::string &name : names) list += (list.empty() ? "\"" : ", \"") + name + "\"";
    refuse_target(core::format("{} {} {}", list, why, table.table_name.view()),
                  {{"run_table", table.table_name.string()}, {"columns", names}}, hint);
}

void check_columns(const Governed &table, const WrittenTarget &written) {
    std::vector<std::string> unknown, unfit;
    for (const auto &[name, value] : written.columns) {
        ColumnFacts facts = facts_of(table, name);
        if (!facts.exists)
            unknown.push_back(core::shortened(name));
        else if (!is_fit(facts))
            unfit.push_back(name);
    }
    constexpr size_t most = 10;
    if (unknown.size() > most) unknown.resize(most);
    if (!unknown.empty())
        refuse_columns(table, unknown, unknown.size() == 1 ? "is not a column of" : "are not columns of",
                       "A target names stored columns of the table, as they are written in the catalog.");
    if (!unfit.empty())
        refuse_columns(
            table, unfit, "can't be part of a target of",
            "Its type knows different spellings of equal values, or isn't one of boolean, integer, "
            "numeric, text, uuid, date and enums.");
}

// In jsonb's own order and spelling.
std::string canonical_json(const std::vector<TargetColumn> &columns) {
    core::Evidence object;
    for (const TargetColumn &column : columns) object.push_back({column.name, core::Json{column.json}});
    return pg::output_text(JSONBOID, pg::input_datum(JSONBOID, -1, core::to_json(object)));
}

Target target_of(std::vector<TargetColumn> columns) {
    Target target;
    target.json = canonical_json(columns);
    target.columns = std::move(columns);
    if (target.json.size() > max_target_bytes)
        refuse_target(
            core::format("the target has {} bytes and may have {}", target.json.size(), max_target_bytes),
            {{"bytes", static_cast<std::int64_t>(target.json.size())}}, shape_hint);
    return target;
}

}  // namespace

void refuse_target(const std::string &message, core::Evidence evidence, const std::string &hint) {
    throw pg::to_error(core::Refusal{core::Token::invalid_target, message, std::move(evidence), hint});
}

WrittenTargets targets_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) refuse_target("the target is NULL", {}, shape_hint);
    Jsonb *json = pg::pg_call([&] { return PG_GETARG_JSONB_P(index); });
    WrittenTargets targets;
    targets.is_array = JB_ROOT_IS_ARRAY(json) && !JB_ROOT_IS_SCALAR(json);
    if (!targets.is_array && !JB_ROOT_IS_OBJECT(json))
        refuse_target("the target is not an object", {}, shape_hint);
    if (targets.is_array) check_count(JB_ROOT_COUNT(json));
    Reader reader(json);
    if (targets.is_array) (void)reader.next();
    for (Step step = reader.next(); step.token != WJB_END_ARRAY && step.token != WJB_DONE;
         step = reader.next()) {
        if (step.token != WJB_BEGIN_OBJECT) refuse_target("a target is not an object", {}, shape_hint);
        targets.items.push_back(read_object(reader));
    }
    return targets;
}

const TargetColumn *Target::find(std::string_view name) const {
    for (const TargetColumn &column : columns)
        if (column.name == name) return &column;
    return nullptr;
}

TargetColumn typed_column(const Governed &table, const std::string &name,
                          const std::optional<std::string> &text) {
    ColumnFacts facts = facts_of(table, name);
    TargetColumn column;
    column.name = name;
    column.type = facts.base_type;
    column.json = "null";
    if (!text) return column;
    column.value = parse_value(table, name, facts.type, *text);
    column.text = canonical_text(facts.base_type, column.value);
    column.json = json_value(facts.base_type, *column.text);
    return column;
}

Target typed_target(const Governed &table, const WrittenTarget &written) {
    check_columns(table, written);
    std::vector<TargetColumn> columns;
    for (const auto &[name, text] : written.columns) columns.push_back(typed_column(table, name, text));
    return target_of(std::move(columns));
}

Target with_column(const Target &target, TargetColumn column) {
    std::vector<TargetColumn> columns = target.columns;
    columns.push_back(std::move(column));
    return target_of(std::move(columns));
}

std::string condition_of(const Target &target, std::vector<pg::Param> &params) {
    std::string condition;
    for (const TargetColumn &column : target.columns) {
        condition += core::format("{}t.{}", condition.empty() ? "" : " AND ", pg::quote_ident(column.name));
        if (!column.text) {
            condition += " IS NULL";
            continue;
        }
        params.push_back({column.type, column.value});
        condition += core::format(" OPERATOR(pg_catalog.=) ${}", params.size());
    }
    return condition;
}

std::string json_value(Oid base_type, const std::string &text) {
    bool as_it_is = base_type == BOOLOID || base_type == INT2OID || base_type == INT4OID ||
                    base_type == INT8OID ||
                    (base_type == NUMERICOID && text.find_first_not_of("-.0123456789") == std::string::npos);
    return as_it_is ? text : core::json_string(text);
}

bool has_target_column(const Governed &table, const std::string &name) {
    ColumnFacts facts = facts_of(table, name);
    return facts.exists && is_fit(facts);
}

}  // namespace retry_ledger::retry
