// The arguments of govern_*: read, bounded, and written again as the call that would work.
#include "govern/adopt.hpp"

namespace retry_ledger::govern {

namespace {

constexpr size_t max_label_bytes = 100;
constexpr size_t max_json_bytes = 100'000;

// Reads arguments in their order and keeps how each would be written.
class Reader {
public:
    Reader(FunctionCallInfo call, const char *function, const char *table = "run_table") : fcinfo(call) {
        request_.entry = fcinfo->flinfo->fn_oid;
        request_.home = pg::home_of(request_.entry);
        request_.function = pg::schema_name(request_.home) + "." + function;
        if (PG_ARGISNULL(0))
            throw pg::Error{ERRCODE_NULL_VALUE_NOT_ALLOWED, core::format("{} must not be NULL", table), "",
                            core::format("Name the table: SELECT {}('my_table').", request_.function)};
        request_.table = PG_GETARG_OID(0);
        next_ = 1;
    }

    MaybeText column(const char *name) {
        MaybeText value = pg::name_argument(fcinfo, next_++);
        if (value) given(name, pg::quote_literal(*value));
        return value;
    }

    MaybeText text(const char *name, size_t max_bytes) {
        MaybeText value = pg::text_argument(fcinfo, next_++);
        if (!value) return value;
        if (value->empty() || value->size() > max_bytes)
            throw pg::Error{ERRCODE_INVALID_PARAMETER_VALUE,
                            core::format("{} must have 1 to {} bytes", name, max_bytes),
                            core::format("It has {} bytes.", value->size()),
                            core::format("Leave {} out for its default, or pass a shorter one.", name)};
        given(name, pg::quote_literal(*value));
        return value;
    }

    MaybeText json(const char *name) {
        int index = next_++;
        if (PG_ARGISNULL(index)) return std::nullopt;
        std::string value = pg::output_text(JSONBOID, PG_GETARG_DATUM(index));
        if (value.size() > max_json_bytes)
            throw pg::Error{ERRCODE_INVALID_PARAMETER_VALUE,
                            core::format("{} must not have more than {} bytes", name, max_json_bytes),
                            core::format("It has {} bytes.", value.size())};
        given(name, pg::quote_literal(value));
        return value;
    }

    std::optional<Names> names(const char *name) {
        std::optional<Names> value = pg::array_argument(fcinfo, next_++, NAMEOID);
        if (value) given(name, array_literal(*value));
        return value;
    }

    std::optional<bool> boolean(const char *name) {
        int index = next_++;
        if (PG_ARGISNULL(index)) return std::nullopt;
        bool value = PG_GETARG_BOOL(index);
        given(name, value ? "true" : "false");
        return value;
    }

    // The second argument of govern_files.
    void run_table() {
        int index = next_++;
        if (PG_ARGISNULL(index))
            throw pg::Error{ERRCODE_NULL_VALUE_NOT_ALLOWED, "run_table must not be NULL", "",
                            core::format("Name the table of the runs: SELECT {}('my_files', 'my_runs').",
                                         request_.function)};
        request_.of_table = PG_GETARG_OID(index);
        given("run_table", pg::quote_literal(pg::qualified_name(request_.of_table)));
    }

    // Not kept: the call that would work is shown as it would be done.
    bool dry_run() {
        int index = next_++;
        return !PG_ARGISNULL(index) && PG_GETARG_BOOL(index);
    }

    Request &request() { return request_; }

private:
    void given(const char *name, const std::string &literal) { request_.given.emplace_back(name, literal); }

    FunctionCallInfo fcinfo;
    Request request_;
    int next_;
};

// What all tables with statuses have in common.
void read_lives(Reader &reader) {
    Request &request = reader.request();
    request.statuses = reader.json("statuses");
    request.transitions = reader.json("transitions");
    request.inputs = reader.names("input_columns");
    request.outcomes = reader.names("outcome_columns");
    request.label = reader.text("label", max_label_bytes);
}

std::string array_element(const std::string &element) {
    bool plain = !element.empty() && core::lower_case(element) != "null";
    for (char c : element) plain = plain && (isalnum(static_cast<unsigned char>(c)) || c == '_');
    if (plain) return element;
    std::string quoted = "\"";
    for (char c : element) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace

std::string join(const Names &names, const char *separator) {
    std::string joined;
    for (const std::string &name : names) joined += joined.empty() ? name : separator + name;
    return joined;
}

std::string array_literal(const Names &names) {
    Names elements;
    for (const std::string &name : names) elements.push_back(array_element(name));
    return pg::quote_literal("{" + join(elements, ",") + "}");
}

bool contains(const Names &names, const std::string &name) {
    for (const std::string &each : names)
        if (each == name) return true;
    return false;
}

std::string Request::call_with(const std::string &argument, const std::string &literal) const {
    std::string call = core::format("SELECT {}({}", function, pg::quote_literal(pg::qualified_name(table)));
    bool replaced = false;
    for (const auto &[name, value] : given) {
        call += core::format(", {} => {}", name, name == argument ? literal : value);
        replaced = replaced || name == argument;
    }
    if (!replaced && !argument.empty()) call += core::format(", {} => {}", argument, literal);
    return call + ")";
}

Request read_runs_request(FunctionCallInfo fcinfo) {
    Reader reader(fcinfo, "govern_runs");
    Request &request = reader.request();
    for (core::Role role : core::roles)
        if (core::has_role(core::RowsOf::runs, role))
            request.columns[static_cast<int>(role)] = reader.column(core::argument_name(role));
    read_lives(reader);
    request.void_status = reader.text("void_status", max_label_bytes);
    request.require_tenant = reader.boolean("require_tenant");
    request.dry_run = reader.dry_run();
    return request;
}

Request read_files_request(FunctionCallInfo fcinfo) {
    Reader reader(fcinfo, "govern_files", "file_table");
    Request &request = reader.request();
    reader.run_table();
    using core::Role;
    for (Role role : {Role::key, Role::run, Role::index, Role::status, Role::tenant, Role::parent,
                      Role::attempt, Role::is_retry, Role::error})
        request.columns[static_cast<int>(role)] = reader.column(core::argument_name(role));
    read_lives(reader);
    request.retry_statuses = reader.names("retry_statuses");
    request.success_statuses = reader.names("success_statuses");
    request.completed_status = reader.text("completed_status", max_label_bytes);
    request.partial_status = reader.text("partial_status", max_label_bytes);
    request.completed_column = reader.column("completed_column");
    request.failed_column = reader.column("failed_column");
    request.dry_run = reader.dry_run();
    return request;
}

Request read_append_only_request(FunctionCallInfo fcinfo) {
    Reader reader(fcinfo, "govern_append_only");
    reader.request().label = reader.text("label", max_label_bytes);
    reader.request().dry_run = reader.dry_run();
    return reader.request();
}

Request read_write_once_request(FunctionCallInfo fcinfo) {
    Reader reader(fcinfo, "govern_write_once");
    reader.request().once = reader.names("once_columns");
    reader.request().label = reader.text("label", max_label_bytes);
    reader.request().dry_run = reader.dry_run();
    return reader.request();
}

}  // namespace retry_ledger::govern
