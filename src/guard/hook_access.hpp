// What object_access_hook tells, and how the checks behind it look at catalogs.
#pragma once

#include "guard/hooks.hpp"

namespace retry_ledger::guard {

struct Access {
    ObjectAccessType type;
    ObjectAddress object;
    Oid other;  // the parent, where inheritance changes
    bool internal;

    const char *verb() const {
        return type == OAT_DROP ? "drop" : type == OAT_POST_ALTER ? "alter" : "create or replace";
    }
};

// `root`: the locked table that it is about, or InvalidOid.  `hint`: another than the usual one.
[[noreturn]] void refuse(const Access &access, Oid root, const std::string &hint = "");

// A catalog that keeps its objects by OID.
struct Catalog {
    Oid relation, index;
    AttrNumber oid_column;
};

// One version of an object's row, or nullptr.  A catalog scan (no snapshot) still finds what was there before
// the command, SnapshotSelf what it has left.  Within a pg_call.
HeapTuple version(const Catalog &catalog, Oid oid, Snapshot snapshot);

template <class Form>
struct Versions {
    const Form *before, *after;  // nullptr: there is none
    HeapTuple before_tuple, after_tuple;
};

template <class Form>
Versions<Form> versions(const Catalog &catalog, Oid oid) {
    return pg::pg_call([&] {
        Versions<Form> v = {};
        v.before_tuple = version(catalog, oid, nullptr);
        v.after_tuple = version(catalog, oid, SnapshotSelf);
        if (v.before_tuple) v.before = reinterpret_cast<Form *>(GETSTRUCT(v.before_tuple));
        if (v.after_tuple) v.after = reinterpret_cast<Form *>(GETSTRUCT(v.after_tuple));
        return v;
    });
}

// Whether two versions of a row of `catalog` are the same in all columns but these.
bool same_but_for(Oid catalog, HeapTuple a, HeapTuple b, std::initializer_list<AttrNumber> columns);

// A column of type oid, as the command has left it; InvalidOid if the object is gone.
Oid reference(const Catalog &catalog, Oid oid, AttrNumber column);

// hook_objects.cpp: the table that a rule, a default, a trigger, … belongs to; InvalidOid of anything else.
Oid owning_table(const ObjectAddress &object);

// hook_reliance.cpp: objects that belong to no relation.
void check_reliance(const LockedDatabase &database, const Access &access);
void check_execution(Oid function);
// Code that would write or exchange files beneath all guards is declared, or made a part of an index.
bool comes_unasked(const Access &access);
// Whether extensions or libraries of that name write beneath all guards.
bool writes_beneath(std::string_view library);
// The file name of the library that a function of C comes from, without its folder; nullptr for any other
// function.  Within a pg_call.
const char *library_of(HeapTuple function);

// hook_compiled.cpp: code in C would be called with what it wasn't made for.
bool calls_compiled(const Access &access);

// hook_built_in.cpp: what PostgreSQL has itself is altered or dropped, or something comes to its schema.
bool changes_built_in(const Access &access);
bool comes_to_pg_catalog(const Access &access);

// hook_names.cpp: a type, a collation or a text search configuration that locked tables' columns are made of
// gets another name, or the schema that it is in.
bool renames_what_queries_name(const LockedDatabase &database, const Access &access);
// Whether the command has given the schema another name, rather than another owner.
bool is_renamed_schema(Oid schema);

// hook_operators.cpp: operators, and what compares values.
bool changes_comparison(const LockedDatabase &database, const Access &access);
// A type that isn't built in and that locked tables' columns are made of, the row type of one of them or of
// ours, or an array of these.
bool is_governed_type(const LockedDatabase &database, Oid type);

// hook_fitting.cpp: whether a new operator would be taken in the place of one that is built in or an
// extension's, by what its sides are of PostgreSQL's own types.
bool hides_known_operator(Oid oid);

// hook_members.cpp: functions and operators that an extension has brought.
bool alters_member(const LockedDatabase &database, const Access &access);

// hook_schemas.cpp: a schema with an extension that a governed column's type comes from gets another name.
void check_renamed_schema(const LockedDatabase &database, const Access &access);

// hook_own_tables.cpp: what comes to our own tables without altering them, and to our library.
void check_attached(const LockedDatabase &database, const Access &access);
// Whether an index must stay, as what it is called: ours, those of catalogs, and of TOAST tables of locked
// tables and ours.  What a governed table may lose is for the event triggers to say.
bool is_kept_index(const LockedDatabase &database, Oid index);

// hook_planner.cpp: a CHECK or an index of a locked table, and the functions that these are made of.
void check_belief(const LockedDatabase &database, const Access &access);
bool is_believed(const LockedDatabase &database, Oid function);

// hook_swap.cpp: before anything that exchanges files runs in this transaction.  nullptr: nothing is locked
// in this database.
void note_files(const LockedDatabase *database);

}  // namespace retry_ledger::guard
