#include "work/work.hpp"

namespace retry_ledger::work {

std::vector<TableItems> by_table(const pg::Home &home, std::vector<Item> &items) {
    std::map<std::string, size_t> places;
    std::vector<TableItems> tables;
    for (Item &item : items) {
        auto [place, is_new] = places.emplace(item.row_table, tables.size());
        if (is_new) {
            govern::GovernedRef table = find_table(home, item.row_table);
            if (table && table->work == nullptr) table = {};
            tables.push_back({std::move(table), {}});
        }
        tables[place->second].items.push_back(&item);
    }
    return tables;
}

}  // namespace retry_ledger::work
