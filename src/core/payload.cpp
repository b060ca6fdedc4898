#include "core/payload.hpp"

#include <algorithm>

#include "core/format.hpp"
#include "core/json.hpp"
#include "core/keys.hpp"

namespace retry_ledger::core {

namespace {

constexpr const char *fields[] = {"job_id",
                                  "run_id",
                                  "attempt",
                                  "kind",
                                  "tenant",
                                  "file_index",
                                  "original_run_id",
                                  "not_before",
                                  "resume_from_status",
                                  "checkpoint_ref"};

const JsonNode *find(const JsonNode &node, std::string_view name) {
    for (const auto &[key, value] : node.members)
        if (key == name) return &value;
    return nullptr;
}

// Whether an object stands for something: it has a key that starts with $.
bool is_hole(const JsonNode &node) {
    return node.type == JsonNode::Type::object &&
           std::any_of(node.members.begin(), node.members.end(),
                       [](const auto &member) { return member.first.substr(0, 1) == "$"; });
}

std::optional<Hole::Kind> kind_of(const std::string &key) {
    if (key == "$column") return Hole::Kind::column;
    if (key == "$lineage") return Hole::Kind::lineage;
    if (key == "$work") return Hole::Kind::work;
    return std::nullopt;
}

class Parser {
public:
    explicit Parser(PayloadTemplate &result) : result_(result) { result_.pieces.assign(1, ""); }

    // False once something is wrong.
    bool add(const JsonNode &node) {
        if (is_hole(node)) return add_hole(node);
        bool object = node.type == JsonNode::Type::object;
        if (!object && node.type != JsonNode::Type::array) {
            result_.pieces.back() += to_json(node);
            return true;
        }
        result_.pieces.back() += object ? "{" : "[";
        for (size_t i = 0; i < node.members.size(); i++) {
            if (i > 0) result_.pieces.back() += ", ";
            if (object) result_.pieces.back() += json_string(node.members[i].first) + ": ";
            if (!add(node.members[i].second)) return false;
        }
        result_.pieces.back() += object ? "}" : "]";
        return true;
    }

    std::string error;

private:
    bool wrong(const std::string &what) {
        error = what;
        return false;
    }

    bool add_hole(const JsonNode &node) {
        const JsonNode *otherwise = find(node, "default");
        std::optional<Hole> hole;
        for (const auto &[key, value] : node.members) {
            if (key == "default") continue;
            auto kind = kind_of(key);
            if (!kind || hole)
                return wrong(format("\"{}\" is not one of $column, $lineage and $work with at most a default",
                                    shortened(key)));
            if (value.type != JsonNode::Type::string)
                return wrong(format("\"{}\" doesn't name anything", key));
            hole = Hole{*kind, value.text, std::nullopt};
        }
        if (hole->kind == Hole::Kind::work && !is_work_field(hole->name))
            return wrong(format("work has no \"{}\": it has {}", shortened(hole->name), work_fields()));
        if (otherwise != nullptr) hole->otherwise = to_json(*otherwise);
        result_.holes.push_back(std::move(*hole));
        result_.pieces.emplace_back();
        return true;
    }

    PayloadTemplate &result_;
};

}  // namespace

std::string to_json(const JsonNode &node) {
    if (node.type == JsonNode::Type::string) return json_string(node.text);
    if (node.type == JsonNode::Type::other) return node.text;
    bool object = node.type == JsonNode::Type::object;
    std::string text = object ? "{" : "[";
    for (const auto &[key, value] : node.members) {
        if (text.size() > 1) text += ", ";
        if (object) text += json_string(key) + ": ";
        text += to_json(value);
    }
    return text + (object ? "}" : "]");
}

bool is_work_field(std::string_view name) {
    return std::find(std::begin(fields), std::end(fields), name) != std::end(fields);
}

std::string work_fields() {
    std::string list;
    for (const char *field : fields) list += (list.empty() ? "" : ", ") + std::string(field);
    return list;
}

std::optional<std::string> parse_payload(const JsonNode &document, PayloadTemplate &result) {
    result = {};
    Parser parser(result);
    if (document.type != JsonNode::Type::object || is_hole(document)) return "it isn't a JSON object";
    if (!parser.add(document)) return parser.error;
    return std::nullopt;
}

PayloadTemplate payload_of_columns(const std::vector<std::string> &columns) {
    PayloadTemplate result;
    result.pieces.emplace_back("{");
    for (const std::string &column : columns) {
        result.pieces.back() += (result.holes.empty() ? "" : ", ") + json_string(column) + ": ";
        result.holes.push_back({Hole::Kind::column, column, std::nullopt});
        result.pieces.emplace_back();
    }
    result.pieces.back() += "}";
    return result;
}

std::string fill_in(const PayloadTemplate &payload, const std::vector<std::optional<std::string>> &values) {
    std::string text = payload.pieces.front();
    for (size_t i = 0; i < payload.holes.size(); i++) {
        const auto &value = i < values.size() ? values[i] : std::nullopt;
        text += value ? *value : payload.holes[i].otherwise.value_or("null");
        text += payload.pieces[i + 1];
    }
    return text;
}

}  // namespace retry_ledger::core
