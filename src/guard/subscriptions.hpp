// What subscriptions may bring rows to.
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::guard {

// Whether the command makes a subscription, or changes its tables or its owner.
bool alters_subscription(const Node *statement);

// After such a command: refuses a subscription that brings rows to our own tables and isn't a superuser's,
// and on a server that has locks one that brings rows to system catalogs.  `catalogs`: whether it has.
void check_subscriptions(bool catalogs);

// From then on the same is asked where rows have come.
void watch_subscriptions();

}  // namespace retry_ledger::guard
