// What a stored expression may come to say tomorrow: of an index, a CHECK, a partition key, a generated
// column.
//
// The planner believes these without looking at rows, and computes of them what it can; of a generated column
// it is what a row says that is written once more.  Within a pg_call.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// Whether it is made of functions, types or settings that change.
bool may_change(Node *expression);

// The same of a generated column, whose row is there to be looked at: it may name text search configurations
// that are built in.
bool may_change_generated(Node *expression);

// Whether settings of the moment decide what comes out, which PostgreSQL calls immutable all the same: text
// of some types, times in a zone by its abbreviation, and whatever the planner can compute at once and is
// more than operators and casts of PostgreSQL's own between numbers, texts, booleans, times and enums.  A
// part that reads a column isn't computed before there are rows.
bool depends_on_settings(Node *expression);

// Whether it may give another value of the same row under other settings: of that only what isn't computed
// without the row.  What an index or a CHECK makes of a row is up to whoever writes it then.  Functions of
// the application are neither run nor looked into.
bool stores_by_settings(Node *expression);

// Whether it names, by a constant, what can be altered: a text search configuration, say.
bool names_changeable(Node *expression);

// Whether a function is built in, or code in C that the script of an extension has brought: what it does, and
// what is said of it, stays.  Who declares a function in C himself may call it immutable, whatever it is.
bool is_lasting_function(Oid function);

// Whether an operator class is built in, an extension's, or what a type that isn't built in is compared by
// wherever none is named.  Others can be put together wrongly, of operators and functions that are right.
bool is_known_class(Oid opclass);

}  // namespace retry_ledger::pg
