#include "core/json.hpp"

#include "core/format.hpp"

#include <string_view>

namespace retry_ledger::core {

namespace {

void append_string(std::string &out, std::string_view text) {
    out += '"';
    for (char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    out += '"';
}

struct Append {
    std::string &out;
    void operator()(std::nullptr_t) { out += "null"; }
    void operator()(bool value) { out += value ? "true" : "false"; }
    void operator()(std::int64_t value) { out += format("{}", value); }
    void operator()(const std::string &value) { append_string(out, value); }
    void operator()(const std::vector<std::string> &values) {
        out += '[';
        for (size_t i = 0; i < values.size(); i++) {
            if (i > 0) out += ", ";
            append_string(out, values[i]);
        }
        out += ']';
    }
    void operator()(const Json &json) { out += json.text; }
};

}  // namespace

std::string json_string(std::string_view text) {
    std::string out;
    append_string(out, text);
    return out;
}

std::string to_json(const Evidence &evidence) {
    std::string out = "{";
    for (size_t i = 0; i < evidence.size(); i++) {
        if (i > 0) out += ", ";
        append_string(out, evidence[i].first);
        out += ": ";
        std::visit(Append{out}, evidence[i].second);
    }
    return out + "}";
}

}  // namespace retry_ledger::core
