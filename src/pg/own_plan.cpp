#include "pg/own_plan.hpp"

namespace retry_ledger::pg {

OwnStatements::OwnStatements(const Home &home)
    : owner_(home.owner),
      settings_(
          {"enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_hashjoin", "enable_mergejoin"}) {}

SPIPlanPtr planned(OwnPlan &own, const Home &home, const char *text, const std::vector<Oid> &types) {
    if (own.plan != nullptr && own.schema == home.schema) return own.plan;
    free_plan(std::exchange(own.plan, nullptr));
    std::string schema = schema_name(home);
    own.plan = prepare_kept(core::vformat(text, fmt::make_format_args(schema)), types, Plan::generic);
    own.schema = home.schema;
    return own.plan;
}

}  // namespace retry_ledger::pg
