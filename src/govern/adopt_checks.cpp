// Which values a column may have, as enums and CHECK constraints say.
//
// A CHECK is read as a tree of nodes, not as text: status IN (…), = ANY (…), OR, AND and IS NULL are
// understood in every way of writing them; anything else says nothing.  Nothing is evaluated: a CHECK may
// call functions of the application, and whoever adopts may be a superuser.
#include <algorithm>

#include "govern/adopt_shape.hpp"

namespace retry_ledger::govern {

namespace {

using Values = std::optional<Names>;  // none: this doesn't say

Names both(const Names &a, const Names &b) {
    Names result;
    for (const std::string &value : a)
        if (contains(b, value)) result.push_back(value);
    return result;
}

Names either(Names a, const Names &b) {
    for (const std::string &value : b)
        if (!contains(a, value)) a.push_back(value);
    return a;
}

class CheckReader {
public:
    explicit CheckReader(int column) : column_(column) {}

    Values read(const Node *node) const {
        if (IsA(node, BoolExpr)) return read_bool(reinterpret_cast<const BoolExpr *>(node));
        if (IsA(node, OpExpr)) {
            auto *op = reinterpret_cast<const OpExpr *>(node);
            return read_equal(op->opno, op->args);
        }
        if (IsA(node, ScalarArrayOpExpr)) {
            auto *op = reinterpret_cast<const ScalarArrayOpExpr *>(node);
            return op->useOr ? read_equal(op->opno, op->args) : std::nullopt;
        }
        if (IsA(node, NullTest)) {
            auto *test = reinterpret_cast<const NullTest *>(node);
            if (test->nulltesttype == IS_NULL && is_column(reinterpret_cast<Node *>(test->arg)))
                return Names{};
        }
        return std::nullopt;
    }

private:
    Values read_bool(const BoolExpr *expression) const {
        if (expression->boolop == NOT_EXPR) return std::nullopt;
        bool is_or = expression->boolop == OR_EXPR, first = true;
        Values result;
        for (int i = 0; i < list_length(expression->args); i++) {
            Values part = read(static_cast<Node *>(list_nth(expression->args, i)));
            if (is_or && !part) return std::nullopt;
            if (!part) continue;
            result = first ? *part : is_or ? either(*result, *part) : both(*result, *part);
            first = false;
        }
        return result;
    }

    Values read_equal(Oid op, List *arguments) const {
        const char *name = pg::pg_call([&] { return get_opname(op); });
        if (name == nullptr || strcmp(name, "=") != 0 || list_length(arguments) != 2) return std::nullopt;
        auto *left = static_cast<Node *>(linitial(arguments));
        auto *right = static_cast<Node *>(lsecond(arguments));
        if (is_column(right)) std::swap(left, right);
        if (!is_column(left)) return std::nullopt;
        return read_values(right);
    }

    // 'a', ARRAY['a', 'b'] or '{a,b}', under any casts between text and varchar.
    Values read_values(const Node *node) const {
        node = without_relabeling(node);
        if (IsA(node, ArrayCoerceExpr))
            return read_values(reinterpret_cast<Node *>(((ArrayCoerceExpr *)node)->arg));
        if (IsA(node, Const)) return read_constant(reinterpret_cast<const Const *>(node));
        if (!IsA(node, ArrayExpr)) return std::nullopt;
        Names values;
        const List *elements = reinterpret_cast<const ArrayExpr *>(node)->elements;
        for (int i = 0; i < list_length(elements); i++) {
            Values element = read_values(static_cast<Node *>(list_nth(elements, i)));
            if (!element) return std::nullopt;
            values = either(values, *element);
        }
        return values;
    }

    static const Node *without_relabeling(const Node *node) {
        while (IsA(node, RelabelType))
            node = reinterpret_cast<const Node *>(reinterpret_cast<const RelabelType *>(node)->arg);
        return node;
    }

    Values read_constant(const Const *constant) const {
        if (constant->constisnull) return Names{};
        Oid element = pg::pg_call([&] { return get_element_type(constant->consttype); });
        if (!OidIsValid(element)) return Names{pg::output_text(constant->consttype, constant->constvalue)};
        return pg::text_array(constant->constvalue, element);
    }

    bool is_column(const Node *node) const {
        node = without_relabeling(node);
        if (IsA(node, Var)) return reinterpret_cast<const Var *>(node)->varattno == column_;
        return IsA(node, CoerceToDomainValue);
    }

    int column_;
};

Node *constraint_tree(const std::string &text) {
    return pg::pg_call([&] { return static_cast<Node *>(stringToNode(text.c_str())); });
}

}  // namespace

std::optional<Names> checked_values(const TableShape &table, const ColumnShape &column) {
    pg::Rows rows = pg::run_latest(
        "WITH RECURSIVE domains(type) AS (SELECT $2 UNION ALL SELECT t.typbasetype FROM domains d"
        "  JOIN pg_type t ON t.oid = d.type WHERE t.typtype = 'd')"
        " SELECT conbin::text FROM pg_constraint WHERE contype = 'c'"
        "  AND (conrelid = $1 OR contypid IN (SELECT type FROM domains WHERE type <> 0)) ORDER BY conname",
        {pg::oid_param(table.relation), pg::oid_param(column.type)});
    CheckReader reader(column.number);
    Values result;
    for (uint64 i = 0; i < rows.size(); i++) {
        Values values = reader.read(constraint_tree(rows.string(i, 1)));
        if (values) result = result ? both(*result, *values) : *values;
    }
    return result;
}

Names enum_labels(Oid type) {
    pg::Rows rows =
        pg::run_latest("SELECT enumlabel::text FROM pg_enum WHERE enumtypid = $1 ORDER BY enumsortorder",
                       {pg::oid_param(type)});
    Names labels;
    for (uint64 i = 0; i < rows.size(); i++) labels.push_back(rows.string(i, 1));
    return labels;
}

}  // namespace retry_ledger::govern
