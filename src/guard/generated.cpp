#include "guard/generated.hpp"

#include "pg/error.hpp"
#include "pg/lasting.hpp"

namespace retry_ledger::guard {

namespace {

Node *expression_of(TupleDesc descriptor, AttrNumber column) {
    for (int i = 0; i < descriptor->constr->num_defval; i++)
        if (descriptor->constr->defval[i].adnum == column)
            return static_cast<Node *>(stringToNode(descriptor->constr->defval[i].adbin));
    return nullptr;
}

struct Expression {
    Bitmapset *read;
    bool lasting;
};

std::vector<std::string> names_of(TupleDesc descriptor, Bitmapset *columns) {
    std::vector<std::string> names;
    for (int member = -1; (member = bms_next_member(columns, member)) >= 0;)
        if (int column = member + FirstLowInvalidHeapAttributeNumber; column > 0)
            names.emplace_back(NameStr(TupleDescAttr(descriptor, column - 1)->attname));
    return names;
}

}  // namespace

std::vector<Generated> generated_columns(TupleDesc descriptor) {
    std::vector<Generated> columns;
    for (int i = 0; i < descriptor->natts; i++) {
        const auto *column = TupleDescAttr(descriptor, i);
        if (column->attisdropped || column->attgenerated != ATTRIBUTE_GENERATED_STORED) continue;
        Expression made = pg::pg_call([&] {
            Node *expression = expression_of(descriptor, static_cast<AttrNumber>(i + 1));
            Expression found = {nullptr, !pg::may_change_generated(expression)};
            pull_varattnos(expression, 1, &found.read);
            return found;
        });
        columns.push_back({NameStr(column->attname), names_of(descriptor, made.read), made.lasting});
    }
    return columns;
}

std::vector<Generated> generated_columns_of(Oid oid) {
    Relation relation = pg::pg_call([&] { return table_open(oid, AccessShareLock); });
    std::vector<Generated> columns = generated_columns(RelationGetDescr(relation));
    pg::pg_call([&] { table_close(relation, NoLock); });
    return columns;
}

}  // namespace retry_ledger::guard
