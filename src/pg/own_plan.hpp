// Statements on our own tables that are planned once for the life of a backend.
#pragma once

#include "pg/own_table.hpp"
#include "pg/spi.hpp"

namespace retry_ledger::pg {

// As the extension's owner, for the time of a scope, with plans that go by indexes: statistics of a queue are
// always of another time, and a plan is kept that was made when the table was empty.
class OwnStatements {
public:
    explicit OwnStatements(const Home &home);

private:
    AsRole owner_;
    SwitchedOff settings_;
};

// Kept in a static of the caller's; the extension may be created anew in another schema.
struct OwnPlan {
    SPIPlanPtr plan;
    Oid schema;
};

// `text` has {0} where the schema's name goes.  Within OwnStatements and a SpiScope.
SPIPlanPtr planned(OwnPlan &own, const Home &home, const char *text, const std::vector<Oid> &types);

}  // namespace retry_ledger::pg
