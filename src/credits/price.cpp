// What a retry costs: a number, a column of the run, or what a function of the application says of its row.
#include "core/keys.hpp"
#include "credits/credits.hpp"
#include "pg/application.hpp"
#include "pg/fixed_text.hpp"

namespace retry_ledger::credits {

namespace {

using govern::Governed;
using retry::VisibleRun;

Price no_price(const Governed &table, const VisibleRun &run, const std::string &why) {
    return {0, core::Refusal{
                   core::Token::invalid_price,
                   core::format("the price of a retry of run {} can't be told: {}", run.key, why),
                   {{"run_id", run.key}, {"run_table", table.table_name.string()}},
                   core::format("It is 0 to {} credits: see price in retry_policy.", core::max_credits)}};
}

Price checked(const Governed &table, const VisibleRun &run, const std::string &whence,
              std::optional<std::int64_t> credits) {
    if (!credits) return no_price(table, run, whence + " is NULL");
    if (*credits < 0 || *credits > core::max_credits)
        return no_price(table, run, core::format("{} is {}", whence, *credits));
    return {*credits, std::nullopt};
}

// As the application knows it: a JSON object of the run's columns, whoever's session asks.
std::string row_json(const VisibleRun &run) {
    return pg::pg_call([&] {
        TupleDesc descriptor = BlessTupleDesc(run.row.descriptor());
        Datum row = heap_copy_tuple_as_datum(run.row.tuple(run.index), descriptor);
        return TextDatumGetCString(DirectFunctionCall1(row_to_json, row));
    });
}

std::vector<Price> asked_prices(const Governed &table, const std::vector<const VisibleRun *> &runs) {
    const std::string &function = *table.policy->price_function;
    Oid owner = pg::owner_of(table.root);
    std::vector<std::string> rows;
    {
        pg::AsOwnerRestricted restricted(owner);  // a type's cast to json is the application's too
        pg::FixedSettings fixed;
        for (const VisibleRun *run : runs) rows.push_back(row_json(*run));
    }
    std::vector<std::optional<std::string>> answers = pg::call_application(owner, function, rows);
    std::vector<Price> prices;
    for (std::size_t i = 0; i < runs.size(); i++) {
        std::optional<std::int64_t> credits;
        if (answers[i]) credits = std::stoll(*answers[i]);  // its type is an integer
        prices.push_back(checked(table, *runs[i], function, credits));
    }
    return prices;
}

}  // namespace

std::vector<Price> prices_of(Governed &table, const std::vector<const VisibleRun *> &runs) {
    const core::Policy &policy = *table.policy;
    if (runs.empty() || !policy.has_price()) return std::vector<Price>(runs.size());
    if (policy.price) return std::vector<Price>(runs.size(), Price{*policy.price, std::nullopt});
    if (policy.price_function) return asked_prices(table, runs);
    std::vector<Price> prices;
    for (const VisibleRun *run : runs)
        prices.push_back(checked(table, *run, *policy.price_column, run->integer(*policy.price_column)));
    return prices;
}

std::int64_t price_of(Governed &table, const VisibleRun &run) {
    if (!table.policy->has_price()) return 0;
    Price price = prices_of(table, {&run}).front();
    if (price.refusal) throw pg::to_error(*price.refusal);
    return price.credits;
}

bool spends_credits(const Governed &table) {
    return table.policy->has_price() && !table.policy->charge_function;
}

}  // namespace retry_ledger::credits
