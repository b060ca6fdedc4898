#include "work/queue.hpp"

namespace retry_ledger::work {

namespace {

using govern::Governed;

std::optional<std::int64_t> number(const pg::Rows &row, int column) {
    if (row.is_null(0, column)) return std::nullopt;
    return row.integer(0, column);
}

Dispatch dispatch_of(const std::string &text) {
    return text == "all" ? Dispatch::all : text == "none" ? Dispatch::none : Dispatch::retries;
}

// Reading jsonb token by token.
class TreeReader {
    static constexpr int most_levels = 500;

public:
    explicit TreeReader(Datum jsonb) {
        iterator_ = pg::pg_call([&] { return JsonbIteratorInit(&DatumGetJsonbP(jsonb)->root); });
    }

    core::JsonNode read() {
        JsonbValue value;
        JsonbIteratorToken token = next(value);
        if (token == WJB_BEGIN_ARRAY && value.val.array.rawScalar) {
            (void)next(value);
            return scalar(value);
        }
        return node(token, value);
    }

private:
    JsonbIteratorToken next(JsonbValue &value) {
        return pg::pg_call([&] { return JsonbIteratorNext(&iterator_, &value, false); });
    }

    static core::JsonNode scalar(const JsonbValue &value) {
        core::JsonNode node;
        switch (value.type) {
            case jbvString:
                node.type = core::JsonNode::Type::string;
                node.text.assign(value.val.string.val, static_cast<size_t>(value.val.string.len));
                break;
            case jbvNumeric:
                node.text = pg::output_text(NUMERICOID, NumericGetDatum(value.val.numeric));
                break;
            case jbvBool:
                node.text = value.val.boolean ? "true" : "false";
                break;
            default:
                node.text = "null";
        }
        return node;
    }

    // Whoever walks the tree calls himself for each level, without looking how much of the stack is left.
    core::JsonNode node(JsonbIteratorToken token, const JsonbValue &value, int level = 0) {
        if (token != WJB_BEGIN_OBJECT && token != WJB_BEGIN_ARRAY) return scalar(value);
        if (level == most_levels)
            throw pg::Error{ERRCODE_STATEMENT_TOO_COMPLEX,
                            core::format("the JSON is nested more than {} levels deep", most_levels)};
        core::JsonNode result;
        result.type = token == WJB_BEGIN_OBJECT ? core::JsonNode::Type::object : core::JsonNode::Type::array;
        JsonbValue item;
        for (token = next(item); token != WJB_END_OBJECT && token != WJB_END_ARRAY; token = next(item)) {
            std::string name;
            if (token == WJB_KEY) {
                name.assign(item.val.string.val, static_cast<size_t>(item.val.string.len));
                token = next(item);
            }
            result.members.emplace_back(std::move(name), node(token, item, level + 1));
        }
        return result;
    }

    JsonbIterator *iterator_;
};

void read_payload(Queue &queue, const pg::Rows &row, int column, const Governed &table) {
    bool null;
    Datum document = row.value(0, column, &null);
    if (null)
        queue.payload = core::payload_of_columns(table.inputs.strings());
    else
        (void)core::parse_payload(json_tree(document), queue.payload);  // looked at when it was set
}

}  // namespace

Queue::~Queue() {
    pg::free_plan(select_source);
    pg::free_plan(select_sources);
    pg::free_plan(select_statuses);
    for (auto &[text, plan] : updates) pg::free_plan(plan);
}

Queue *load_queue(const std::string &schema, const Governed &table) {
    pg::Rows row = pg::run_latest(
        core::format("SELECT queue, dispatch, mode, payload_function, check_function, priority,"
                     " priority_column::text, lease_us, timeout_us, max_deliveries, start_status,"
                     " timeout_status, interrupted_status, started_column::text, finished_column::text,"
                     " notify, payload FROM {}.work_queue WHERE run_table = $1",
                     schema),
        {pg::regclass_param(table.root)});
    if (row.empty()) return nullptr;
    auto queue = std::make_unique<Queue>();
    queue->name = row.string(0, 1);
    queue->dispatch = dispatch_of(row.string(0, 2));
    queue->mode = row.text(0, 3);
    queue->payload_function = row.text(0, 4);
    queue->check_function = row.text(0, 5);
    queue->priority = static_cast<int>(row.integer(0, 6));
    queue->priority_column = row.text(0, 7);
    queue->lease = row.integer(0, 8);
    queue->timeout = number(row, 9);
    queue->max_deliveries = static_cast<int>(row.integer(0, 10));
    queue->start_status = row.text(0, 11);
    queue->timeout_status = row.string(0, 12);
    queue->interrupted_status = row.string(0, 13);
    queue->started_column = row.text(0, 14);
    queue->finished_column = row.text(0, 15);
    queue->notify = row.boolean(0, 16);
    read_payload(*queue, row, 17, table);
    return queue.release();
}

bool is_dispatched(const Governed &table, bool is_retry) {
    if (table.work == nullptr || table.work->dispatch == Dispatch::none) return false;
    return is_retry || table.work->dispatch == Dispatch::all;
}

govern::GovernedRef find_named_table(const pg::Home &home, const std::string &name) {
    Oid relation = pg::pg_call([&] {
        List *names = pg::compat::qualified_name_list(name.c_str());
        return RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
    });
    return OidIsValid(relation) ? govern::find_governed(home, relation) : govern::GovernedRef();
}

govern::GovernedRef find_table(const pg::Home &home, const std::string &name) {
    govern::GovernedRef table = find_named_table(home, name);
    if (table && table->table_name.view() != name) return {};
    return table;
}

core::JsonNode json_tree(Datum jsonb) {
    return TreeReader(jsonb).read();
}

}  // namespace retry_ledger::work
