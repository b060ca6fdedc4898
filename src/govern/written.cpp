#include "govern/written.hpp"

#include "core/keys.hpp"

namespace retry_ledger::govern {

void require_written(const Governed &table, const pg::Rows &rows, const std::vector<std::string> &values) {
    for (uint64 row = 0; row < rows.size(); row++)
        for (size_t i = 0; i < values.size(); i++) {
            std::string value = rows.string(row, static_cast<int>(i) + 2);
            if (value == values[i]) continue;
            throw pg::Error{ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
                            core::format("row {} of {} isn't as it was written",
                                         core::shortened(rows.string(row, 1)), table.table_name.view()),
                            core::format("A column was set to \"{}\" and became \"{}\".",
                                         core::shortened(values[i]), core::shortened(value)),
                            "A BEFORE trigger of the table rewrites it: let it through as it is."};
        }
}

}  // namespace retry_ledger::govern
