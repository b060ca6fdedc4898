// What a table is, as the catalogs say at this moment.
#pragma once

#include "govern/adopt.hpp"

namespace retry_ledger::govern {

struct ColumnShape {
    std::string name;
    AttrNumber number = 0;
    Oid type = InvalidOid, base_type = InvalidOid, collation = InvalidOid;
    int32 base_typmod = -1;
    std::string type_name;       // as SQL writes it, with length and schema
    std::string base_type_name;  // the same beneath its domains
    bool not_null = false, identity = false, generated = false, is_virtual = false;
    MaybeText default_text;
    std::vector<int> made_from;  // generated: of which columns

    bool is_enum() const;
    bool is_text() const { return base_type == TEXTOID || base_type == VARCHAROID; }
    bool is_time() const {
        return base_type == TIMESTAMPTZOID || base_type == TIMESTAMPOID || base_type == DATEOID;
    }
    // Characters that it holds: -1 is any number.  And whether a text fits.
    int max_length() const {
        return base_type == VARCHAROID && base_typmod >= VARHDRSZ ? base_typmod - VARHDRSZ : -1;
    }
    bool holds(const std::string &text) const;
    bool has_default() const { return default_text.has_value() || identity; }
    bool is_serial() const;
};

struct IndexShape {
    std::string name, qualified;
    MaybeText constraint;
    bool unique = false, exclusion = false, usable = false;  // usable: a key can rest on it
    bool nulls_equal = false;                                // NULLS NOT DISTINCT
    Names column_texts;                                      // of its key, as SQL writes them
    std::vector<int> columns;                                // 0: an expression
    std::vector<int> expression_columns, predicate_columns;  // that expressions and predicate read
    MaybeText predicate;
};

// The table itself, or one of its partitions.
struct Member {
    Oid relation;
    std::string qualified;
    char kind, persistence;
    Names partition_columns;  // if it is itself partitioned
    bool partitions_by_expression = false;
};

struct TableShape {
    Oid relation = InvalidOid, schema_oid = InvalidOid, owner = InvalidOid;
    std::string schema, name, qualified;
    char kind = 0, persistence = 0;
    bool is_partition = false, typed = false, has_inheritance = false;
    bool row_security = false;
    std::vector<ColumnShape> columns;
    std::vector<IndexShape> indexes;
    std::vector<Member> members;  // the root first
    Names primary_key;

    bool partitioned() const { return kind == RELKIND_PARTITIONED_TABLE; }
    const ColumnShape *find(const std::string &name) const;
    Names spelled(const std::string &snake_case) const;  // its columns by this name: tenant_id, tenantId
    const ColumnShape &column(const std::string &name) const;  // that is known to exist
    const ColumnShape *by_number(int number) const;
};

TableShape read_shape(Oid relation);
TableShape read_columns_of(Oid relation);  // without indexes and partitions

// The values that CHECK constraints (its domain's too) allow for a column; none if they don't say.
std::optional<Names> checked_values(const TableShape &table, const ColumnShape &column);

// The labels of an enum, in its order.
Names enum_labels(Oid type);

// A column's value as text, by its type's own output: no cast of the application's is called.
std::string text_expression(const std::string &alias, const ColumnShape &column);

// A refusal, with schema and table filled in.
pg::Error refusal(const TableShape &table, int sqlstate, std::string message, std::string detail,
                  std::string hint, std::string column = "");

}  // namespace retry_ledger::govern
