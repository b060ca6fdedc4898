// Functions of the application that decisions ask: prices, billing, payloads.
//
// Each takes one jsonb.  It is named by its signature as text, schema-qualified, as `app.price(jsonb)`: a
// dump, a restore and pg_upgrade carry that as it is.  It runs as the governed table's owner, whoever calls,
// in a security-restricted operation with a pinned search_path (pg_catalog, pg_temp), as an index's functions
// do.
#pragma once

#include "pg/spi.hpp"

namespace retry_ledger::pg {

Oid owner_of(Oid relation);

// Whether running the function as `owner` would run code of a role that may not act as him.  What is in C is
// a superuser's choice whoever owns it; SECURITY DEFINER runs as its own owner.  Within a pg_call.
bool is_foreign(Oid function, Oid owner);

// The function f(jsonb) that `name` denotes for the caller, with or without "(jsonb)"; none if there is none.
// Raises on a text that is no name of a function.
std::optional<Oid> find_application_function(const std::string &name);

// As it is kept: app.price(jsonb).
std::string signature_of(Oid function);

// What the function returns, as its type's output function writes it.  42501 if it is_foreign by now: the
// table or the function may have changed hands since it was named.  An error of the function goes through
// as it is.  54001 if functions of the application are called within one another more than 4 deep.
std::optional<std::string> call_application(Oid owner, const std::string &signature, const std::string &json);

// The same for many arguments, as one statement; answers in their order.
std::vector<std::optional<std::string>> call_application(Oid owner, const std::string &signature,
                                                         const std::vector<std::string> &jsons);

}  // namespace retry_ledger::pg
