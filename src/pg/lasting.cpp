// Looks at expressions as they are stored: PostgreSQL hands them over computed as far as can be, which is
// where a lie shows no more.
#include "pg/lasting.hpp"

#include "pg/compat.hpp"
#include "pg/inlined.hpp"

#include <algorithm>

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

bool is_changeable_function(Oid function, void *) {
    return !is_lasting_function(function);
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

bool is_named(Node *node, void *context) {
    if (node == nullptr) return false;
    if (IsA(node, Const) && is_reference(reinterpret_cast<Const *>(node)->consttype)) return true;
    return compat::walk_expression(node, is_named, context);
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

// Types of which PostgreSQL's own operators and casts read no setting, as long as it calls them immutable.
bool is_plain(Oid declared) {
    const Oid type = getBaseType(declared);
    switch (type) {
        case BOOLOID:
        case INT2OID:
        case INT4OID:
        case INT8OID:
        case NUMERICOID:
        case FLOAT4OID:
        case FLOAT8OID:
        case OIDOID:
        case CHAROID:
        case NAMEOID:
        case TEXTOID:
        case VARCHAROID:
        case BPCHAROID:
        case UUIDOID:
        case DATEOID:
        case TIMEOID:
        case TIMESTAMPOID:
        case TIMESTAMPTZOID:
        case INTERVALOID:
            return true;
        default:
            return get_typtype(type) == TYPTYPE_ENUM;
    }
}

Oid type_of(const void *node) {
    return exprType(static_cast<const Node *>(node));
}

bool is_plain_operation(const OpExpr &operation) {
    ListCell *cell;
    foreach (cell, operation.args)
        if (!is_plain(type_of(lfirst(cell)))) return false;
    return operation.opno < FirstNormalObjectId && is_plain(operation.opresulttype);
}

// x IN (…)
bool is_plain_search(const ScalarArrayOpExpr &search) {
    return search.opno < FirstNormalObjectId && is_plain(type_of(linitial(search.args))) &&
           is_plain(get_element_type(type_of(lsecond(search.args))));
}

// Also one from a type to itself, as of varchar(20), which cuts.
bool is_plain_cast(const FuncExpr &call) {
    if (call.args == NIL) return false;
    const Oid from = getBaseType(type_of(linitial(call.args)));
    if (!is_plain(from) || !is_plain(call.funcresulttype)) return false;
    HeapTuple tuple =
        SearchSysCache2(CASTSOURCETARGET, ObjectIdGetDatum(from), ObjectIdGetDatum(call.funcresulttype));
    if (!HeapTupleIsValid(tuple)) return false;
    const auto &cast = *reinterpret_cast<Form_pg_cast>(GETSTRUCT(tuple));
    const bool built_in = cast.oid < FirstNormalObjectId && cast.castfunc == call.funcid;
    ReleaseSysCache(tuple);
    return built_in;
}

// Whether a node, whatever the ones below it, comes to the same under all settings.
bool is_plain_node(Node *node) {
    switch (nodeTag(node)) {
        case T_List:
        case T_Const:
        case T_BoolExpr:
        case T_NullTest:
        case T_BooleanTest:
        case T_CaseExpr:
        case T_CaseTestExpr:
        case T_CoalesceExpr:
        case T_ArrayExpr:
        case T_ArrayCoerceExpr:
        case T_RelabelType:
        case T_CollateExpr:
        case T_CoerceToDomain:
            return true;
        case T_MinMaxExpr:  // by the default operator class, which an enum may have been given
            return is_plain(type_of(node)) && type_of(node) < FirstNormalObjectId;
        case T_OpExpr:
        case T_DistinctExpr:
        case T_NullIfExpr:
            return is_plain_operation(*reinterpret_cast<OpExpr *>(node));
        case T_ScalarArrayOpExpr:
            return is_plain_search(*reinterpret_cast<ScalarArrayOpExpr *>(node));
        case T_FuncExpr:
            return is_plain_cast(*reinterpret_cast<FuncExpr *>(node));
        case T_CoerceViaIO:
            return is_plain(type_of(node)) && is_plain(type_of(reinterpret_cast<CoerceViaIO *>(node)->arg));
        default:
            return compat::is_json_behavior(node);
    }
}

// PostgreSQL leaves to execution what it doesn't call immutable.
bool is_computed_early(Node *node, void *context) {
    return !reads_column(node, context) && !contain_mutable_functions(node);
}

// ---- what goes by settings, though PostgreSQL calls it immutable

// Types whose text goes by extra_float_digits, bytea_output or intervalstyle.  Types of extensions may do as
// cube does.
bool is_written_by_settings(Oid declared) {
    const Oid type = getBaseType(declared);
    switch (type) {
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
            return type >= FirstNormalObjectId && get_typtype(type) == TYPTYPE_BASE;
    }
}

// An extension's function of values of any type, as hstore(record), writes floats and times among them.
bool is_of_any_type(Oid function) {
    Oid *declared;
    int count;
    (void)get_func_signature(function, &declared, &count);
    return std::any_of(declared, declared + count, [](Oid type) {
        return type == RECORDOID || type == ANYOID || IsPolymorphicType(type);
    });
}

bool writes_any_type(Oid function, void *) {
    return function == F_QUOTE_IDENT || (function >= FirstNormalObjectId && is_of_any_type(function));
}

// They write values of any type, floats and bytea among them, and are no functions.
bool writes_xml(XmlExprOp operation) {
    return operation == IS_XMLELEMENT || operation == IS_XMLFOREST;
}

// Those of a time zone by its name; it is their first argument or their last.
bool looks_up_zone(Oid function, void *) {
    return function == F_TIMEZONE_TEXT_TIMESTAMP || function == F_TIMEZONE_TEXT_TIMESTAMPTZ ||
           function == F_TIMEZONE_TEXT_TIMETZ || function == F_DATE_TRUNC_TEXT_TIMESTAMPTZ_TEXT ||
           compat::adds_in_zone(function);
}

// An abbreviation means what timezone_abbreviations says, and none has a slash.
bool is_fixed_zone(Node *zone) {
    if (!compat::zone_names_are_fixed || !IsA(zone, Const)) return false;
    const auto &constant = *reinterpret_cast<Const *>(zone);
    if (constant.consttype != TEXTOID || constant.constisnull) return false;
    const std::string_view name = TextDatumGetCString(constant.constvalue);
    return name.find('/') != name.npos || name == "UTC" || name == "GMT";
}

bool names_zone_by_settings(Node *node) {
    if (!check_functions_in_node(node, looks_up_zone, nullptr)) return false;
    if (!IsA(node, FuncExpr)) return true;
    List *arguments = reinterpret_cast<FuncExpr *>(node)->args;
    const bool first = list_length(arguments) == 2;
    return !is_fixed_zone(static_cast<Node *>(first ? linitial(arguments) : llast(arguments)));
}

// JSON that is made of values, and values of times that are read from JSON.
bool converts_json_by_settings(Node *node) {
    if (compat::makes_json(node)) return true;
    if (!compat::reads_json(node)) return false;
    const Oid type = getBaseType(type_of(node));
    const bool is_time = type == DATEOID || type == TIMEOID || type == TIMESTAMPOID ||
                         type == TIMESTAMPTZOID || type == INTERVALOID;
    return is_time || !(is_plain(type) || type == JSONOID || type == JSONBOID);
}

// Times that a path of JSON reads: by a template zones have abbreviations, and JSON_VALUE writes what was
// read.
bool reads_times_by_settings(Node *node) {
    if (type_of(node) != JSONPATHOID) return false;
    if (!IsA(node, Const)) return true;
    const auto &path = *reinterpret_cast<Const *>(node);
    return !path.constisnull &&
           std::string_view(OidOutputFunctionCall(F_JSONPATH_OUT, path.constvalue)).find(".datetime(") !=
               std::string_view::npos;
}

// Takes both times apart in the session's zone, though PostgreSQL calls it immutable; no other function does.
bool is_age(Oid function, void *) {
    return function == F_AGE_TIMESTAMPTZ_TIMESTAMPTZ;
}

// Also of a column: what equals '0.3' in one session doesn't in another.
bool writes_by_settings(Node *node) {
    if (IsA(node, List)) return false;
    if (IsA(node, XmlExpr)) return writes_xml(reinterpret_cast<XmlExpr *>(node)->op);
    if (IsA(node, CoerceViaIO))
        return is_written_by_settings(type_of(reinterpret_cast<CoerceViaIO *>(node)->arg));
    return type_of(node) == CSTRINGOID || check_functions_in_node(node, writes_any_type, nullptr) ||
           check_functions_in_node(node, is_age, nullptr) || names_zone_by_settings(node) ||
           converts_json_by_settings(node) || reads_times_by_settings(node);
}

// Inlining runs what takes no argument, as whoever asks.
bool calls_application(Node *node, void *context) {
    if (node == nullptr) return false;
    return (!IsA(node, List) && check_functions_in_node(node, is_changeable_function, nullptr)) ||
           compat::walk_expression(node, calls_application, context);
}

bool any_writes_by_settings(Node *node, void *context) {
    if (node == nullptr) return false;
    return writes_by_settings(node) || compat::walk_expression(node, any_writes_by_settings, context);
}

bool goes_by_settings(Node *node, void *context) {
    if (node == nullptr) return false;
    if (writes_by_settings(node)) return true;
    if (!is_plain_node(node) && is_computed_early(node, context)) return true;
    Outside within = {false};
    Node *looked_at = IsA(node, CaseExpr) ? reinterpret_cast<Node *>(reinterpret_cast<CaseExpr *>(node)->arg)
                      : IsA(node, ArrayCoerceExpr)
                          ? reinterpret_cast<Node *>(reinterpret_cast<ArrayCoerceExpr *>(node)->arg)
                          : nullptr;
    if (looked_at != nullptr) {
        within.reads_column = reads_column(looked_at, context);
        context = &within;
    }
    return compat::walk_expression(node, goes_by_settings, context);
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

// Also with functions in SQL in their places: 'x' || 0.3::float8 is one, and writes it by settings.
bool depends_on_settings(Node *expression) {
    Outside outside = {false};
    if (goes_by_settings(expression, &outside)) return true;
    outside = {false};
    return goes_by_settings(inlined(expression), &outside);
}

bool stores_by_settings(Node *expression) {
    return any_writes_by_settings(expression, nullptr) ||
           (!calls_application(expression, nullptr) && any_writes_by_settings(inlined(expression), nullptr));
}

bool names_changeable(Node *expression) {
    return is_named(expression, nullptr);
}

bool is_lasting_function(Oid function) {
    if (function < FirstNormalObjectId) return true;
    HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
    if (!HeapTupleIsValid(tuple)) return false;
    const Oid language = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prolang;
    ReleaseSysCache(tuple);
    return language == ClanguageId && OidIsValid(getExtensionOfObject(ProcedureRelationId, function));
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
