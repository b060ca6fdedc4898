// PostgreSQL counts triggers, and nothing else that nests.  But whatever runs SQL of its own (SPI, SQL
// functions, procedural languages) registers who is to be told of errors, innermost first.  Around them is
// one at most: that of the apply worker, of its COPY, or of the client's bound parameters.
#include "pg/nesting.hpp"

namespace retry_ledger::pg {

namespace {

bool is_outermost() {
    return error_context_stack == nullptr || error_context_stack->previous == nullptr;
}

// What follows runs within a pg_call.

bool calls(const Node *node, const char *function) {
    return node != nullptr && IsA(node, FuncCall) &&
           strcmp(strVal(llast(reinterpret_cast<const FuncCall *>(node)->funcname)), function) == 0;
}

bool reads_from(const Node *item, const char *function) {
    if (!IsA(item, RangeFunction)) return false;
    ListCell *cell;
    foreach (cell, reinterpret_cast<const RangeFunction *>(item)->functions)
        if (calls(static_cast<const Node *>(linitial(lfirst_node(List, cell))), function)) return true;
    return false;
}

bool selects(const Node *statement, const char *function) {
    if (!IsA(statement, SelectStmt)) return false;
    const auto &select = *reinterpret_cast<const SelectStmt *>(statement);
    ListCell *cell;
    foreach (cell, select.targetList)
        if (calls(lfirst_node(ResTarget, cell)->val, function)) return true;
    foreach (cell, select.fromClause)
        if (reads_from(static_cast<const Node *>(lfirst(cell)), function)) return true;
    return false;
}

}  // namespace

bool is_applied() {
    return IsLogicalWorker() && is_outermost();
}

bool is_clients_own_call(const std::string &function) {
    if (MyProcPort == nullptr || debug_query_string == nullptr || !is_outermost()) return false;
    return pg_call([&] {
        ListCell *cell;
        foreach (cell, pg_parse_query(debug_query_string))
            if (selects(lfirst_node(RawStmt, cell)->stmt, function.c_str())) return true;
        return false;
    });
}

}  // namespace retry_ledger::pg
