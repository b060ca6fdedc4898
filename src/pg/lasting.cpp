// Looks at expressions as they are stored: PostgreSQL hands them over computed as far as can be, which is
// where a lie shows no more.
#include "pg/lasting.hpp"

#include "pg/compat.hpp"

namespace retry_ledger::pg {

namespace {

// A name of something that can be altered: to_tsvector('simple', ...) says what `simple` says today.
bool is_reference(Oid type) {
    switch (type) {
        case REGPROCOID:
        case REGPROCEDUREOID:
        case REGOPEROID:
        case REGOPERATOROID:
        case REGCLASSOID:
        case REGTYPEOID:
        case REGCONFIGOID:
        case REGDICTIONARYOID:
        case REGNAMESPACEOID:
        case REGROLEOID:
        case REGCOLLATIONOID:
            return true;
        default:
            return false;
    }
}

// Functions that are built in compare values of ranges, composite types and arrays as the default operator
// classes of these types or their elements say, which are whoever's who has made the type.
bool is_lasting_type(Oid declared) {
    const Oid type = getBaseType(declared);
    if (type < FirstNormalObjectId) return !is_reference(type);
    const char kind = get_typtype(type);
    return (kind == TYPTYPE_ENUM || kind == TYPTYPE_BASE) && !OidIsValid(get_element_type(type));
}

// Functions in C change with their library only.
bool is_changeable_function(Oid function, void *) {
    if (function < FirstNormalObjectId) return false;
    HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
    if (!HeapTupleIsValid(tuple)) return true;
    const Oid language = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prolang;
    ReleaseSysCache(tuple);
    return language != ClanguageId;
}

// What is let pass that could be altered by superusers only.
struct Trusted {
    bool built_in_configurations;
};

// In to_tsvector('english', ...).
bool is_trusted(Node *node, const Trusted &trusted) {
    if (!trusted.built_in_configurations || !IsA(node, Const)) return false;
    const auto &constant = *reinterpret_cast<Const *>(node);
    return constant.consttype == REGCONFIGOID && !constant.constisnull &&
           DatumGetObjectId(constant.constvalue) < FirstNormalObjectId;
}

bool changes(Node *node, void *context);

// What x IN ('a', 'b') compares with, one by one: nobody compares that array.
bool list_changes(Node *list, void *context) {
    if (IsA(list, ArrayExpr))
        return changes(reinterpret_cast<Node *>(reinterpret_cast<ArrayExpr *>(list)->elements), context);
    if (IsA(list, Const)) return !is_lasting_type(get_element_type(exprType(list)));
    return changes(list, context);
}

bool changes(Node *node, void *context) {
    if (node == nullptr) return false;
    if (!IsA(node, List)) {
        if (check_functions_in_node(node, is_changeable_function, nullptr)) return true;
        const Oid type = exprType(node);
        if (!is_lasting_type(type) && !is_trusted(node, *static_cast<Trusted *>(context))) return true;
        // GREATEST and LEAST compare by the type's default operator class.
        if (IsA(node, MinMaxExpr) && type >= FirstNormalObjectId) return true;
        if (IsA(node, ScalarArrayOpExpr)) {
            List *sides = reinterpret_cast<ScalarArrayOpExpr *>(node)->args;
            return changes(static_cast<Node *>(linitial(sides)), context) ||
                   list_changes(static_cast<Node *>(lsecond(sides)), context);
        }
    }
    return compat::walk_expression(node, changes, context);
}

// ---- what the planner computes

// What CASE x WHEN … and the conversion of an array's elements look at, where it isn't within `node`.
struct Outside {
    bool reads_column;
};

bool reads_column(Node *node, void *context) {
    if (node == nullptr) return false;
    if (IsA(node, Var)) return true;
    if (IsA(node, CaseTestExpr)) return static_cast<Outside *>(context)->reads_column;
    Outside within = {false};
    if (IsA(node, ArrayCoerceExpr) || (IsA(node, CaseExpr) && reinterpret_cast<CaseExpr *>(node)->arg))
        context = &within;
    return compat::walk_expression(node, reads_column, context);
}

bool is_number_or_time(Oid type) {
    switch (type) {
        case BOOLOID:
        case INT2OID:
        case INT4OID:
        case INT8OID:
        case NUMERICOID:
        case FLOAT4OID:
        case FLOAT8OID:
        case DATEOID:
        case TIMEOID:
        case TIMESTAMPOID:
        case TIMESTAMPTZOID:
        case INTERVALOID:
            return true;
        default:
            return false;
    }
}

bool is_string(Oid type) {
    return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

bool any_function(Oid, void *) {
    return true;
}

// Others than those of varchar(20) and character(20), which cut.
bool makes_string(Oid function, void *) {
    return function != F_VARCHAR_VARCHAR_INT4_BOOL && function != F_BPCHAR_BPCHAR_INT4_BOOL &&
           function != F_TEXT_BPCHAR;
}

// Whether it is more than arithmetic and comparisons of numbers, times and strings.
bool is_beyond_arithmetic(Node *node, void *context) {
    if (node == nullptr) return false;
    if (!IsA(node, List)) {
        const Oid type = exprType(node);
        if (!is_number_or_time(type) &&
            !(is_string(type) && !check_functions_in_node(node, makes_string, nullptr)))
            return true;
    }
    return compat::walk_expression(node, is_beyond_arithmetic, context);
}

bool is_operation(Node *node) {
    return !IsA(node, List) &&
           (IsA(node, MinMaxExpr) || check_functions_in_node(node, any_function, nullptr));
}

// PostgreSQL leaves to execution what it doesn't call immutable.
bool is_computed_early(Node *node, void *context) {
    return is_operation(node) && !reads_column(node, context) && !contain_mutable_functions(node);
}

// Types whose text goes by extra_float_digits, bytea_output or intervalstyle, though PostgreSQL calls it
// immutable.
bool is_written_by_settings(Oid type) {
    switch (getBaseType(type)) {
        case FLOAT4OID:
        case FLOAT8OID:
        case BYTEAOID:
        case INTERVALOID:
        case POINTOID:
        case LSEGOID:
        case PATHOID:
        case BOXOID:
        case POLYGONOID:
        case LINEOID:
        case CIRCLEOID:
            return true;
        default:
            return false;
    }
}

bool quotes_by_settings(Oid function, void *) {
    return function == F_QUOTE_IDENT;
}

// Also of a column: what equals '0.3' in one session doesn't in another.
bool writes_by_settings(Node *node) {
    if (IsA(node, List)) return false;
    if (IsA(node, CoerceViaIO))
        return is_written_by_settings(
            exprType(reinterpret_cast<Node *>(reinterpret_cast<CoerceViaIO *>(node)->arg)));
    return exprType(node) == CSTRINGOID || check_functions_in_node(node, quotes_by_settings, nullptr);
}

bool has_computed_part(Node *node, void *context) {
    if (node == nullptr) return false;
    if (writes_by_settings(node)) return true;
    if (is_computed_early(node, context) && is_beyond_arithmetic(node, nullptr)) return true;
    Outside within = {false};
    Node *looked_at = IsA(node, CaseExpr) ? reinterpret_cast<Node *>(reinterpret_cast<CaseExpr *>(node)->arg)
                      : IsA(node, ArrayCoerceExpr)
                          ? reinterpret_cast<Node *>(reinterpret_cast<ArrayCoerceExpr *>(node)->arg)
                          : nullptr;
    if (looked_at != nullptr) {
        within.reads_column = reads_column(looked_at, context);
        context = &within;
    }
    return compat::walk_expression(node, has_computed_part, context);
}

}  // namespace

bool may_change(Node *expression) {
    Trusted trusted = {false};
    return changes(expression, &trusted) || depends_on_settings(expression);
}

bool may_change_generated(Node *expression) {
    Trusted trusted = {true};
    return changes(expression, &trusted) || depends_on_settings(expression);
}

bool depends_on_settings(Node *expression) {
    Outside outside = {false};
    return has_computed_part(expression, &outside);
}

bool is_known_class(Oid opclass) {
    if (opclass < FirstNormalObjectId) return true;
    HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
    if (!HeapTupleIsValid(tuple)) return false;
    const auto &form = *reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple));
    const bool own_default = form.opcdefault && form.opcintype >= FirstNormalObjectId;
    ReleaseSysCache(tuple);
    return own_default || OidIsValid(getExtensionOfObject(OperatorClassRelationId, opclass));
}

}  // namespace retry_ledger::pg
