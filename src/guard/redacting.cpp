#include "guard/redacting.hpp"

#include <algorithm>

namespace retry_ledger::guard {

namespace {

const Redaction *current = nullptr;

bool contains(const std::vector<std::string> &names, const std::string &name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_null(const Row &row, const std::string &column) {
    const int attnum = pg::pg_call([&] { return SPI_fnumber(row.descriptor(), column.c_str()); });
    return heap_attisnull(row.tuple(), attnum, row.descriptor());
}

}  // namespace

Redacting::Redacting(const Redaction &redaction) : outer_(std::exchange(current, &redaction)) {}

Redacting::~Redacting() {
    current = outer_;
}

bool is_redaction(const govern::Governed &table, const Row &before, const Row &after) {
    if (current == nullptr || current->root != table.root || current->key != key_text(table, before))
        return false;
    for (const std::string &column : changed_columns(before, after))
        if (!contains(current->derived, column) &&
            !(contains(current->columns, column) && is_null(after, column)))
            return false;
    return true;
}

}  // namespace retry_ledger::guard
