// How DDL is refused: SQLSTATE 23R01, token DDL_NOT_ALLOWED, DETAIL one JSON object, HINT what to do.
#pragma once

#include "pg/own_table.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::guard {

struct DdlRefusal {
    std::string command;               // its tag; empty: not known
    std::string message;               // without the token
    std::string table;                 // qualified and quoted; empty: none in particular
    std::string schema, relation;      // of the same, plain
    std::vector<std::string> reasons;  // what has been lost or added, in words
    std::string hint;
};

pg::Error to_error(const DdlRefusal &refusal);

std::string release_hint(const std::string &table);
std::string accept_hint(const std::string &table);
std::string partition_hint(const std::string &table);
constexpr const char *another_key_hint = "Create another unique index on the key first.";

// Names of the governed tables, with the newest snapshot.  Runs as the extension's owner.
std::vector<std::string> governed_names(const pg::Home &home);

}  // namespace retry_ledger::guard
