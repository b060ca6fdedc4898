// What differs between PostgreSQL 15 and the newest, in one place.  Included by postgres.hpp only.
#pragma once

// Up to PostgreSQL 15 PGDLLEXPORT is empty outside Windows; with -fvisibility=hidden nothing would load.
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

#if PG_VERSION_NUM >= 180000
extern "C" {
#include "rewrite/rewriteHandler.h"
}
#endif

extern "C" {
#include "utils/guc_tables.h"
}

namespace retry_ledger::pg::compat {

// What an access method has kept since the last one, before 17 none that has to be given back.
inline void index_insert_cleanup(Relation index, IndexInfo *info) {
#if PG_VERSION_NUM >= 170000
    ::index_insert_cleanup(index, info);
#else
    (void)index;
    (void)info;
#endif
}

inline List *insert_index_tuples(ResultRelInfo *relation, TupleTableSlot *slot, EState *estate,
                                 bool speculative, bool *conflict, List *arbiters) {
#if PG_VERSION_NUM >= 190000
    return ExecInsertIndexTuples(relation, estate, speculative ? EIIT_NO_DUPE_ERROR : 0, slot, arbiters,
                                 conflict);
#elif PG_VERSION_NUM >= 160000
    return ExecInsertIndexTuples(relation, slot, estate, false, speculative, conflict, arbiters, false);
#else
    return ExecInsertIndexTuples(relation, slot, estate, false, speculative, conflict, arbiters);
#endif
}

// Which indexes must be told of a row that was updated.
enum class ToTell { none, summarizing, all };

inline bool is_told(const IndexInfo &index, ToTell which) {
#if PG_VERSION_NUM >= 160000
    return which == ToTell::all || (which == ToTell::summarizing && index.ii_Summarizing);
#else
    (void)index;
    return which == ToTell::all;
#endif
}

// Replaces a row version that this transaction has locked, or may lock at once.
inline TM_Result update_tuple(Relation relation, ItemPointer row, TupleTableSlot *slot, ToTell *indexes) {
    TM_FailureData failure;
    LockTupleMode mode;
#if PG_VERSION_NUM >= 160000
    TU_UpdateIndexes update;
#else
    bool update;
#endif
    TM_Result result = table_tuple_update(relation, row, slot, GetCurrentCommandId(true), GetActiveSnapshot(),
                                          InvalidSnapshot, true, &failure, &mode, &update);
#if PG_VERSION_NUM >= 160000
    *indexes = update == TU_None          ? ToTell::none
               : update == TU_Summarizing ? ToTell::summarizing
                                          : ToTell::all;
#else
    *indexes = update ? ToTell::all : ToTell::none;
#endif
    return result;
}

// False if a committed row (or one of our own) stands in the way; waits for those still in progress.
inline bool check_index_constraints(ResultRelInfo *relation, TupleTableSlot *slot, EState *estate,
                                    ItemPointer conflict, List *arbiters) {
#if PG_VERSION_NUM >= 180000
    ItemPointerData invalid;
    ItemPointerSetInvalid(&invalid);
    return ExecCheckIndexConstraints(relation, slot, estate, conflict, &invalid, arbiters);
#else
    return ExecCheckIndexConstraints(relation, slot, estate, conflict, arbiters);
#endif
}

inline List *qualified_name_list(const char *name) {
#if PG_VERSION_NUM >= 160000
    return stringToQualifiedNameList(name, nullptr);
#else
    return stringToQualifiedNameList(name);
#endif
}

inline bool owns_relation(Oid relation, Oid role) {
#if PG_VERSION_NUM >= 160000
    return object_ownercheck(RelationRelationId, relation, role);
#else
    return pg_class_ownercheck(relation, role);
#endif
}

inline bool has_schema_privilege(Oid schema, Oid role, AclMode mode) {
#if PG_VERSION_NUM >= 160000
    return object_aclcheck(NamespaceRelationId, schema, role, mode) == ACLCHECK_OK;
#else
    return pg_namespace_aclcheck(schema, role, mode) == ACLCHECK_OK;
#endif
}

inline bool may_execute(Oid function, Oid role) {
#if PG_VERSION_NUM >= 160000
    return object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK;
#else
    return pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK;
#endif
}

// No other process has this number at the same time; numbers are small and used again.
inline int process_number() {
#if PG_VERSION_NUM >= 170000
    return MyProcNumber;
#else
    return MyProc->pgprocno;
#endif
}

inline bool holds_lock(const LOCKTAG &tag, LOCKMODE mode) {
#if PG_VERSION_NUM >= 170000
    return LockHeldByMe(&tag, mode, false);
#else
    return LockHeldByMe(&tag, mode);
#endif
}

// The check of privileges before a statement runs.  `check` gets one entry for each relation of the
// statement: relid, requiredPerms, updatedCols.
using StatementCheck = bool (*)(List *entries);
inline StatementCheck statement_check = nullptr;
inline ExecutorCheckPerms_hook_type next_permission_check = nullptr;

#if PG_VERSION_NUM >= 160000
using PermissionEntry = RTEPermissionInfo;
inline bool permission_check(List *range_table, List *entries, bool raise) {
    return (next_permission_check == nullptr || next_permission_check(range_table, entries, raise)) &&
           statement_check(entries);
}
#else
using PermissionEntry = RangeTblEntry;
inline bool permission_check(List *entries, bool raise) {
    return (next_permission_check == nullptr || next_permission_check(entries, raise)) &&
           statement_check(entries);
}
#endif

inline void hook_permission_check(StatementCheck check) {
    statement_check = check;
    next_permission_check = std::exchange(ExecutorCheckPerms_hook, permission_check);
}

inline bool event_triggers_enabled() {
#if PG_VERSION_NUM >= 170000
    return event_triggers;
#else
    return true;
#endif
}

// Whether what runs is at the level of an extension's script, which the command that began at `began`
// executes: nothing in between has added an error context, as SPI, functions in SQL and procedural languages
// do.
inline bool is_at_script_level(const ErrorContextCallback *began) {
#if PG_VERSION_NUM >= 180000
    return error_context_stack != nullptr && error_context_stack->previous == began;
#else
    return error_context_stack == began;
#endif
}

// 15 declares the walker without parameters.
inline bool walk_expression(Node *node, bool (*walker)(Node *, void *), void *context) {
#if PG_VERSION_NUM >= 160000
    return expression_tree_walker(node, walker, context);
#else
    return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void *>(walker)),
                                  context);
#endif
}

inline bool owns_extension(Oid extension, Oid role) {
#if PG_VERSION_NUM >= 160000
    return object_ownercheck(ExtensionRelationId, extension, role);
#else
    return pg_extension_ownercheck(extension, role);
#endif
}

inline bool owns_schema(Oid schema, Oid role) {
#if PG_VERSION_NUM >= 160000
    return object_ownercheck(NamespaceRelationId, schema, role);
#else
    return pg_namespace_ownercheck(schema, role);
#endif
}

// With what virtual generated columns are made of in their place; earlier there are only stored ones.
inline Node *with_generated_columns(Node *expression, [[maybe_unused]] Relation relation) {
#if PG_VERSION_NUM >= 180000
    return expand_generated_columns_in_expr(expression, relation, 1);
#else
    return expression;
#endif
}

// Like walk_expression.
inline Node *mutate_expression(Node *node, Node *(*mutator)(Node *, void *), void *context) {
#if PG_VERSION_NUM >= 160000
    return expression_tree_mutator(node, mutator, context);
#else
    return expression_tree_mutator(node, reinterpret_cast<Node *(*)()>(reinterpret_cast<void *>(mutator)),
                                   context);
#endif
}

// JSON_OBJECT, JSON_ARRAY and their kin.
inline bool makes_json([[maybe_unused]] Node *node) {
#if PG_VERSION_NUM >= 160000
    return IsA(node, JsonConstructorExpr);
#else
    return false;
#endif
}

// JSON_VALUE, JSON_QUERY, JSON_EXISTS.
inline bool reads_json([[maybe_unused]] Node *node) {
#if PG_VERSION_NUM >= 170000
    return IsA(node, JsonExpr);
#else
    return false;
#endif
}

// ON EMPTY and ON ERROR of these.
inline bool is_json_behavior([[maybe_unused]] Node *node) {
#if PG_VERSION_NUM >= 170000
    return IsA(node, JsonBehavior);
#else
    return false;
#endif
}

// date_add and date_subtract in a time zone.
inline bool adds_in_zone([[maybe_unused]] Oid function) {
#if PG_VERSION_NUM >= 160000
    return function == F_DATE_ADD_TIMESTAMPTZ_INTERVAL_TEXT ||
           function == F_DATE_SUBTRACT_TIMESTAMPTZ_INTERVAL_TEXT;
#else
    return false;
#endif
}

// One of PostgreSQL's own settings.
inline config_generic *find_setting(const char *name) {
#if PG_VERSION_NUM >= 160000
    return find_option(name, false, false, ERROR);
#else
    config_generic **all = get_guc_variables();
    for (int i = 0; i < GetNumConfigOptions(); i++)
        if (strcmp(all[i]->name, name) == 0) return all[i];
    elog(ERROR, "no setting is named %s", name);
#endif
}

inline config_int *find_integer_setting(const char *name) {
#if PG_VERSION_NUM >= 190000
    return &find_setting(name)->_int;
#else
    return reinterpret_cast<config_int *>(find_setting(name));
#endif
}

inline config_enum *find_enum_setting(const char *name) {
#if PG_VERSION_NUM >= 190000
    return &find_setting(name)->_enum;
#else
    return reinterpret_cast<config_enum *>(find_setting(name));
#endif
}

// From 18 on the abbreviations of TimeZone come first, and POSIX' way to write one makes an abbreviation of
// anything: <UTC>5, <EUROPE/BERLIN>5.
constexpr bool zone_names_are_fixed = PG_VERSION_NUM < 180000;

}  // namespace retry_ledger::pg::compat
