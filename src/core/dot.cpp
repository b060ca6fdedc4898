// Nodes are numbered, and names stand in labels only: whatever a status or a key is called, it can't end a
// string, name another node or be read as an instruction.
#include "core/dot.hpp"

#include <algorithm>

#include "core/format.hpp"

namespace retry_ledger::core {

namespace {

std::string header(const std::string &title) {
    return format(
        "digraph retry_ledger {{\n  label={};\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n"
        "  edge [fontname=\"sans-serif\"];\n",
        dot_string(title));
}

// What takes no status any further is drawn as the end of it, as in UML and in automata.
std::string status_nodes(const std::vector<std::string> &statuses, size_t first, const char *shape) {
    std::string out;
    for (size_t i = 0; i < statuses.size(); i++)
        out += format("  s{} [label={}, shape={}];\n", first + i, dot_string(statuses[i]), shape);
    return out;
}

std::vector<std::string> in_order(const Machine &machine) {
    std::vector<std::string> all = machine.initial;
    all.insert(all.end(), machine.active.begin(), machine.active.end());
    all.insert(all.end(), machine.ended.begin(), machine.ended.end());
    return all;
}

std::string transition_edges(const Machine &machine) {
    std::vector<std::string> all = in_order(machine);
    std::string out;
    for (size_t from = 0; from < all.size() - machine.ended.size(); from++)
        for (size_t to = 0; to < all.size(); to++) {
            bool declared = std::find(machine.transitions.begin(), machine.transitions.end(),
                                      Transition{all[from], all[to]}) != machine.transitions.end();
            if (from != to && (machine.any || declared))
                out += format("  s{} -> s{}{};\n", from, to, machine.any ? " [style=dashed]" : "");
        }
    return out;
}

std::string run_label(const RunLine &run) {
    std::string label = format("{}\nattempt {}: {}", run.key, run.attempt, run.status);
    if (run.is_void) label += " (void)";
    return run.error.empty() ? label : label + "\n" + run.error;
}

std::string edge_label(const RunLine &run) {
    std::string label = run.reason;
    for (const std::string &part : {run.actor, run.when})
        if (!part.empty()) label += (label.empty() ? "" : "\n") + part;
    return label;
}

}  // namespace

std::string dot_string(const std::string &text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '&') {
            out += "&amp;";
        } else if (c == '\n') {
            out += "\\n";
        } else {
            bool control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
            out += control ? ' ' : c;
        }
    }
    return out + "\"";
}

std::string machine_dot(const std::string &title, const Machine &machine) {
    std::string note = machine.any ? "\nno transitions are declared: any, as long as a run hasn't ended" : "";
    std::string out = header(title + note) + "  born [shape=point];\n";
    out += status_nodes(machine.initial, 0, "ellipse");
    out += status_nodes(machine.active, machine.initial.size(), "box");
    out += status_nodes(machine.ended, machine.initial.size() + machine.active.size(), "doublecircle");
    for (size_t i = 0; i < machine.initial.size(); i++) out += format("  born -> s{};\n", i);
    return out + transition_edges(machine) + "}\n";
}

std::string lineage_dot(const std::string &title, const std::vector<RunNode> &runs) {
    std::string out = header(title) + "  node [shape=box];\n";
    for (size_t i = 0; i < runs.size(); i++) {
        const RunLine &run = runs[i].run;
        out += format("  r{} [label={}{}{}];\n", i, dot_string(run_label(run)),
                      run.is_void ? ", style=dashed" : "", run.is_current ? ", penwidth=3" : "");
    }
    for (size_t i = 0; i < runs.size(); i++)
        if (runs[i].parent)
            out += format("  r{} -> r{} [label={}{}];\n", *runs[i].parent, i,
                          dot_string(edge_label(runs[i].run)), runs[i].run.is_void ? ", style=dashed" : "");
    return out + "}\n";
}

}  // namespace retry_ledger::core
