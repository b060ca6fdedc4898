// Reading the catalogs.  With the newest snapshot: what a REPEATABLE READ transaction would see may be older
// than the lock that it holds.
#include "govern/adopt_shape.hpp"

#include "pg/column_text.hpp"

namespace retry_ledger::govern {

namespace {

// The columns that an expression (a stored node tree of one relation) reads.
std::vector<int> columns_of_expression(const MaybeText &tree) {
    std::vector<int> columns;
    if (!tree) return columns;
    Bitmapset *found = pg::pg_call([&] {
        Bitmapset *numbers = nullptr;
        pull_varattnos(static_cast<Node *>(stringToNode(tree->c_str())), 1, &numbers);
        return numbers;
    });
    for (int bit = -1; (bit = bms_next_member(found, bit)) >= 0;)
        columns.push_back(bit + FirstLowInvalidHeapAttributeNumber);
    return columns;
}

void find_base_type(ColumnShape &column, int32 typmod) {
    pg::pg_call([&] {
        column.base_typmod = typmod;
        column.base_type = getBaseTypeAndTypmod(column.type, &column.base_typmod);
    });
    column.base_type_name =
        pg::pg_call([&] { return format_type_with_typemod(column.base_type, column.base_typmod); });
}

void read_table(TableShape &table) {
    pg::Rows row = pg::run_latest(
        "SELECT n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence::text, c.relowner,"
        " c.relnamespace, c.relispartition, c.reloftype <> 0, c.relrowsecurity,"
        " EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND NOT c.relispartition)"
        " OR (c.relkind <> 'p' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid))"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1",
        {pg::oid_param(table.relation)});
    if (row.empty())
        throw pg::Error{ERRCODE_UNDEFINED_TABLE,
                        core::format("relation with OID {} does not exist", table.relation)};
    table.schema = row.string(0, 1);
    table.name = row.string(0, 2);
    table.kind = row.string(0, 3)[0];
    table.persistence = row.string(0, 4)[0];
    table.owner = static_cast<Oid>(row.integer(0, 5));
    table.schema_oid = static_cast<Oid>(row.integer(0, 6));
    table.is_partition = row.boolean(0, 7);
    table.typed = row.boolean(0, 8);
    table.row_security = row.boolean(0, 9);
    table.has_inheritance = row.boolean(0, 10);
    table.qualified = pg::qualified_name(table.relation);
}

void read_columns(TableShape &table) {
    pg::Rows rows = pg::run_latest(
        "SELECT a.attname::text, a.attnum, a.atttypid, a.atttypmod, a.attcollation,"
        " format_type(a.atttypid, a.atttypmod), t.typnotnull OR a.attnotnull"
        "  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype = 'n'"
        "   AND NOT c.convalidated AND c.conkey = ARRAY[a.attnum]), a.attidentity <> '',"
        " a.attgenerated <> '', a.attgenerated = 'v',"
        " CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault) END,"
        " CASE WHEN a.attgenerated <> '' THEN d.adbin::text END"
        " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
        " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        {pg::oid_param(table.relation)});
    for (uint64 i = 0; i < rows.size(); i++) {
        ColumnShape column;
        column.name = rows.string(i, 1);
        column.number = static_cast<AttrNumber>(rows.integer(i, 2));
        column.type = static_cast<Oid>(rows.integer(i, 3));
        column.collation = static_cast<Oid>(rows.integer(i, 5));
        column.type_name = rows.string(i, 6);
        column.not_null = rows.boolean(i, 7);
        column.identity = rows.boolean(i, 8);
        column.generated = rows.boolean(i, 9);
        column.is_virtual = rows.boolean(i, 10);
        column.default_text = rows.text(i, 11);
        column.made_from = columns_of_expression(rows.text(i, 12));
        find_base_type(column, static_cast<int32>(rows.integer(i, 4)));
        table.columns.push_back(column);
    }
}

std::vector<int> numbers(const Names &texts) {
    std::vector<int> result;
    for (const std::string &text : texts) result.push_back(std::stoi(text));
    return result;
}

void read_indexes(TableShape &table) {
    pg::Rows rows = pg::run_latest(
        "SELECT c.relname::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname), k.conname::text,"
        " i.indisunique, i.indisexclusion, i.indisvalid AND i.indisready AND i.indimmediate AND NOT EXISTS ("
        "  SELECT FROM ROWS FROM (unnest(i.indclass::oid[]), unnest(i.indkey::int2[])) k(class, number)"
        "  JOIN pg_opclass o ON o.oid = k.class AND o.oid >= 16384"
        "  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number"
        "  WHERE NOT (o.opcdefault AND o.opcintype >= 16384 AND a.atttypid >= 16384)),"
        " ARRAY(SELECT pg_get_indexdef(i.indexrelid, p, true) FROM generate_series(1, i.indnkeyatts) p),"
        " ARRAY(SELECT i.indkey[p]::text FROM generate_series(0, i.indnkeyatts - 1) p),"
        " i.indexprs::text, i.indpred::text, pg_get_expr(i.indpred, i.indrelid), i.indisprimary,"
        " i.indnullsnotdistinct"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = "
        "c.relnamespace"
        " LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')"
        " WHERE i.indrelid = $1 AND (i.indisunique OR i.indisexclusion) ORDER BY c.relname",
        {pg::oid_param(table.relation)});
    for (uint64 i = 0; i < rows.size(); i++) {
        IndexShape index;
        index.name = rows.string(i, 1);
        index.qualified = rows.string(i, 2);
        index.constraint = rows.text(i, 3);
        index.unique = rows.boolean(i, 4);
        index.exclusion = rows.boolean(i, 5);
        index.usable = rows.boolean(i, 6);
        index.column_texts = rows.array(i, 7);
        index.columns = numbers(rows.array(i, 8));
        index.expression_columns = columns_of_expression(rows.text(i, 9));
        index.predicate_columns = columns_of_expression(rows.text(i, 10));
        index.predicate = rows.text(i, 11);
        index.nulls_equal = rows.boolean(i, 13);
        if (rows.boolean(i, 12))
            for (int number : index.columns) table.primary_key.push_back(table.by_number(number)->name);
        table.indexes.push_back(index);
    }
}

void read_members(TableShape &table) {
    pg::Rows rows = pg::run_latest(
        "SELECT c.oid, c.relkind::text, quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
        " ARRAY(SELECT a.attname FROM unnest(p.partattrs) WITH ORDINALITY k(number, place)"
        "  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number ORDER BY k.place),"
        " coalesce(0 = ANY (p.partattrs), false), c.relpersistence::text"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid"
        " LEFT JOIN pg_partition_tree($1) t ON t.relid = c.oid"
        " WHERE c.oid = $1 OR t.relid IS NOT NULL"
        " ORDER BY c.oid <> $1, t.level, n.nspname, c.relname",
        {pg::regclass_param(table.relation)});
    for (uint64 i = 0; i < rows.size(); i++)
        table.members.push_back({static_cast<Oid>(rows.integer(i, 1)), rows.string(i, 3),
                                 rows.string(i, 2)[0], rows.string(i, 6)[0], rows.array(i, 4),
                                 rows.boolean(i, 5)});
}

}  // namespace

bool ColumnShape::is_enum() const {
    return pg::pg_call([&] { return type_is_enum(base_type); });
}

bool ColumnShape::is_serial() const {
    return default_text && default_text->rfind("nextval(", 0) == 0;
}

const ColumnShape *TableShape::find(const std::string &wanted) const {
    for (const ColumnShape &column : columns)
        if (column.name == wanted) return &column;
    return nullptr;
}

bool ColumnShape::holds(const std::string &text) const {
    return max_length() < 0 || pg::pg_call([&] {
               return pg_mbstrlen_with_len(text.data(), static_cast<int>(text.size())) <= max_length();
           });
}

Names TableShape::spelled(const std::string &snake_case) const {
    Names result;
    for (const ColumnShape &column : columns)
        if (core::snake_case(column.name) == snake_case) result.push_back(column.name);
    return result;
}

const ColumnShape &TableShape::column(const std::string &wanted) const {
    const ColumnShape *found = find(wanted);
    if (found == nullptr)
        throw pg::Error{ERRCODE_UNDEFINED_COLUMN,
                        core::format("column \"{}\" of {} is missing", wanted, qualified)};
    return *found;
}

const ColumnShape *TableShape::by_number(int number) const {
    for (const ColumnShape &column : columns)
        if (column.number == number) return &column;
    return nullptr;
}

TableShape read_shape(Oid relation) {
    TableShape table;
    table.relation = relation;
    read_table(table);
    if (table.kind != RELKIND_RELATION && table.kind != RELKIND_PARTITIONED_TABLE) return table;
    read_columns(table);
    read_indexes(table);
    read_members(table);
    return table;
}

TableShape read_columns_of(Oid relation) {
    TableShape table;
    table.relation = relation;
    read_table(table);
    read_columns(table);
    return table;
}

std::string text_expression(const std::string &alias, const ColumnShape &column) {
    std::string value = alias + "." + pg::quote_ident(column.name);
    switch (column.base_type) {
        case VARCHAROID:
        case UUIDOID:
        case INT2OID:
        case INT4OID:
        case INT8OID:
            return pg::text_expression(core::format("{}::{}", value, column.base_type_name),
                                       column.base_type);
        default:
            return pg::text_expression(value, column.base_type);
    }
}

pg::Error refusal(const TableShape &table, int sqlstate, std::string message, std::string detail,
                  std::string hint, std::string column) {
    return pg::Error{sqlstate,     std::move(message), std::move(detail), std::move(hint),
                     table.schema, table.name,         std::move(column)};
}

}  // namespace retry_ledger::govern
