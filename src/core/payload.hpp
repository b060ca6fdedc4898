// What is handed out as work: a JSON document in which some places are filled in when the work is made.
//
//   {"$column": "prompt"}                     the row's column; NULL becomes null
//   {"$column": "model", "default": "small"}  or this, if the column is NULL
//   {"$lineage": "provider_id"}               what earlier attempts have there: distinct, not NULL, oldest
//   first
//   {"$work": "job_id"}                       of the work itself
// All else stands as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retry_ledger::core {

// JSON that somebody else has parsed.
struct JsonNode {
    enum class Type { object, array, string, other };
    Type type = Type::other;
    std::string text;  // of a string its characters; of a number, a boolean or null the JSON
    std::vector<std::pair<std::string, JsonNode>> members;  // of an array without names
};

std::string to_json(const JsonNode &node);

struct Hole {
    enum class Kind { column, lineage, work };
    Kind kind;
    std::string name;
    std::optional<std::string> otherwise;  // JSON
};

// The document's text with holes: there is one piece more than there are holes.
struct PayloadTemplate {
    std::vector<std::string> pieces;
    std::vector<Hole> holes;
};

// What {"$work": …} may name.
bool is_work_field(std::string_view name);
std::string work_fields();

// Fills `result`, or says what is wrong.
std::optional<std::string> parse_payload(const JsonNode &document, PayloadTemplate &result);

// One object of all these columns.
PayloadTemplate payload_of_columns(const std::vector<std::string> &columns);

// The document, with a JSON text for each hole; none stands for NULL.
std::string fill_in(const PayloadTemplate &payload, const std::vector<std::optional<std::string>> &values);

}  // namespace retry_ledger::core
