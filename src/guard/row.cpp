#include "guard/row.hpp"

#include "core/json.hpp"
#include "guard/copying.hpp"
#include "guard/lock.hpp"

namespace retry_ledger::guard {

pg::Error not_a_guard(const TriggerData *trigger, std::string why) {
    return {ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
            core::format("trigger {} of {} isn't a guard", trigger->tg_trigger->tgname,
                         pg::qualified_name(RelationGetRelid(trigger->tg_relation))),
            std::move(why), "Drop the trigger: the guards are made by govern_*."};
}

TriggerData *trigger_data(FunctionCallInfo fcinfo, const char *name, TriggerEvent event, TriggerEvent mask) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        throw pg::Error{ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
                        "guard functions are called by triggers only"};
    auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    if (strcmp(trigger->tg_trigger->tgname, name) == 0 && (trigger->tg_event & mask) == event) return trigger;
    throw not_a_guard(trigger, core::format("Its function is for a guard named {} and its event.", name));
}

// A partition is governed by its root.
static Oid root_of(Oid relation) {
    return pg::pg_call([&] {
        List *ancestors = get_rel_relispartition(relation) ? get_partition_ancestors(relation) : NIL;
        return ancestors == NIL ? relation : llast_oid(ancestors);
    });
}

govern::GovernedRef governed_of(const pg::Home &home, const TriggerData *trigger) {
    refuse_while_copied(trigger->tg_relation);
    Oid relation = RelationGetRelid(trigger->tg_relation);
    govern::GovernedRef table = govern::find_governed(home, relation);
    if (table) {
        require_lock(*table);
        return table;
    }
    const std::string name = pg::qualified_name(relation), root = pg::qualified_name(root_of(relation));
    pg::Error error{
        ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        core::format("GOVERNANCE_MISSING: {} has guards and no configuration", name),
        core::to_json({{"run_table", name}}),
        core::format("It was restored without the extension's own tables. Govern it again: SELECT * FROM "
                     "{}.govern_runs({}), or govern_files; a database administrator may drop the triggers "
                     "instead.",
                     pg::schema_name(home), pg::quote_literal(root))};
    error.schema =
        pg::pg_call([&] { return get_namespace_name(RelationGetNamespace(trigger->tg_relation)); });
    error.table = RelationGetRelationName(trigger->tg_relation);
    throw error;
}

govern::GovernedRef governed_runs_of(const pg::Home &home, const TriggerData *trigger) {
    govern::GovernedRef table = governed_of(home, trigger);
    if (table->kind == govern::Kind::runs || table->kind == govern::Kind::files) return table;
    throw not_a_guard(trigger, "Its function is for tables of runs and of files.");
}

Datum Row::value(const govern::Column &column, bool *null) const {
    return pg::pg_call([&] { return heap_getattr(tuple_, column.attnum, descriptor_, null); });
}

bool Row::is_null(const govern::Column &column) const {
    return heap_attisnull(tuple_, column.attnum, descriptor_);
}

std::optional<std::string> Row::text(const govern::Column &column) const {
    if (!column) return std::nullopt;
    bool null;
    Datum datum = value(column, &null);
    if (null) return std::nullopt;
    if (column.base_type == TEXTOID || column.base_type == VARCHAROID)
        return std::string(pg::varlena_view(datum));
    return pg::output_text(column.type, datum);
}

std::optional<int64> Row::integer(const govern::Column &column) const {
    bool null;
    Datum datum = value(column, &null);
    if (null) return std::nullopt;
    switch (column.base_type) {
        case INT2OID:
            return DatumGetInt16(datum);
        case INT4OID:
            return DatumGetInt32(datum);
        default:
            return DatumGetInt64(datum);
    }
}

CommandId Row::written_by() const {
    return pg::pg_call([&] { return HeapTupleHeaderGetCmin(tuple_->t_data); });
}

std::optional<bool> Row::boolean(const govern::Column &column) const {
    bool null;
    Datum datum = value(column, &null);
    if (null) return std::nullopt;
    return DatumGetBool(datum);
}

bool same_image(const Row &a, const Row &b, AttrNumber attnum) {
    return pg::pg_call([&] {
        const FormData_pg_attribute &attribute = *TupleDescAttr(a.descriptor(), attnum - 1);
        bool null_a, null_b;
        Datum value_a = heap_getattr(a.tuple(), attnum, a.descriptor(), &null_a);
        Datum value_b = heap_getattr(b.tuple(), attnum, b.descriptor(), &null_b);
        if (null_a || null_b) return null_a && null_b;
        return datum_image_eq(value_a, value_b, attribute.attbyval, attribute.attlen);
    });
}

std::vector<std::string> changed_columns(const Row &before, const Row &after) {
    std::vector<std::string> names;
    TupleDesc descriptor = before.descriptor();
    for (AttrNumber attnum = 1; attnum <= descriptor->natts; attnum++) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(descriptor, attnum - 1);
        if (attribute.attisdropped || attribute.attgenerated == 'v') continue;
        if (!same_image(before, after, attnum)) names.push_back(NameStr(attribute.attname));
    }
    return names;
}

pg::Error violation(const govern::Governed &table, const char *constraint, std::string message,
                    core::Evidence evidence, std::string hint) {
    evidence.insert(evidence.begin(), {"run_table", table.table_name.string()});
    pg::Error error{pg::ERRCODE_GOVERNANCE_VIOLATION, std::move(message), core::to_json(evidence),
                    std::move(hint)};
    error.schema = table.schema.string();
    error.table = table.relname.string();
    error.constraint = constraint;
    error.about = pg::subject_of(evidence);
    return error;
}

pg::Error violation(const TriggerData *trigger, const char *constraint, std::string message,
                    core::Evidence evidence, std::string hint) {
    Relation relation = trigger->tg_relation;
    evidence.insert(evidence.begin(), {"run_table", pg::qualified_name(RelationGetRelid(relation))});
    pg::Error error{pg::ERRCODE_GOVERNANCE_VIOLATION, std::move(message), core::to_json(evidence),
                    std::move(hint)};
    error.schema = pg::pg_call([&] { return get_namespace_name(RelationGetNamespace(relation)); });
    error.table = RelationGetRelationName(relation);
    error.constraint = constraint;
    error.about = pg::subject_of(evidence);
    return error;
}

std::string key_text(const govern::Governed &table, const Row &row) {
    return row.text(table.key).value_or("");
}

void add_subject(pg::Error &error, const govern::Governed &table, const Row &row) {
    govern::add_subject(error, table, row.text(table.tenant));
    if (error.about.run_key.empty()) error.about.run_key = key_text(table, row);
}

}  // namespace retry_ledger::guard
