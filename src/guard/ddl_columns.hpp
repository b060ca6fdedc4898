// Columns that governed tables gain, for the ledger.
#pragma once

#include "guard/ddl_command.hpp"

namespace retry_ledger::guard {

struct AddedColumn {
    Oid relation;
    std::string table, name, type;
    std::optional<std::string> value;  // what the rows have in it that were there before
};

// Those that the command has added.  As the extension's owner.
std::vector<AddedColumn> added_columns(const pg::Home &home, const DdlCommand &command);

// One entry for each, as of who ran the command.
void record_added(const pg::Home &home, const std::vector<AddedColumn> &columns);

}  // namespace retry_ledger::guard
