// The planner inlines and computes in one go.  So the constants are parameters while it does: of these it
// knows nothing.
#include "pg/inlined.hpp"

namespace retry_ledger::pg {

namespace {

Node *parameter_of(const Const &constant, List **constants) {
    *constants = lappend(*constants, const_cast<Const *>(&constant));
    Param *parameter = makeNode(Param);
    parameter->paramkind = PARAM_EXTERN;
    parameter->paramid = list_length(*constants);
    parameter->paramtype = constant.consttype;
    parameter->paramtypmod = constant.consttypmod;
    parameter->paramcollid = constant.constcollid;
    parameter->location = -1;
    return reinterpret_cast<Node *>(parameter);
}

Node *hide_constants(Node *node, void *context) {
    if (node == nullptr) return nullptr;
    if (IsA(node, Const))
        return parameter_of(*reinterpret_cast<Const *>(node), static_cast<List **>(context));
    return compat::mutate_expression(node, hide_constants, context);
}

Node *show_constants(Node *node, void *context) {
    if (node == nullptr) return nullptr;
    if (IsA(node, Param)) {
        const int number = reinterpret_cast<Param *>(node)->paramid;
        return static_cast<Node *>(list_nth(*static_cast<List **>(context), number - 1));
    }
    return compat::mutate_expression(node, show_constants, context);
}

}  // namespace

Node *inlined(Node *expression) {
    List *constants = NIL;
    Node *unknown = hide_constants(expression, &constants);
    return show_constants(eval_const_expressions(nullptr, unknown), &constants);
}

}  // namespace retry_ledger::pg
