// AFTER INSERT on credit_entry: rows that come from elsewhere (a restore, replication, a superuser's hand)
// must continue their grant.  After the statement, so that the rows of one COPY may come in any order.
#include "credits/entries.hpp"
#include "guard/row.hpp"

namespace retry_ledger::credits {

namespace {

const char *problem_of(const pg::Home &home, const Entry &entry) {
    if (entry.kind == Kind::grant) return nullptr;
    std::optional<Entry> before = entry_at(home, entry.grant_id, entry.seq - 1);
    if (!before) return "the entry before it is missing";
    if (before->after != entry.before) return "it doesn't continue what the entry before it left";
    if (before->tenant != entry.tenant || before->source != entry.source ||
        before->valid_from != entry.valid_from)
        return "it isn't of its grant's tenant, kind and time";
    if (entry.kind != Kind::refund)
        return before->expires_at == entry.expires_at ? nullptr : "it isn't of its grant's time";
    std::optional<Entry> charge = entry_by_id(home, entry.refund_of);
    bool fits = charge && charge->kind == Kind::charge && charge->grant_id == entry.grant_id &&
                charge->amount == entry.amount && charge->charge_id == entry.charge_id &&
                charge->run_table == entry.run_table && charge->run_key == entry.run_key;
    return fits ? nullptr : "it refunds what wasn't charged";
}

}  // namespace

}  // namespace retry_ledger::credits

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_credit_entry) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo, "retry_ledger_entry", guard::AFTER_INSERT_ROW);
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        if (RelationGetRelid(trigger->tg_relation) != pg::own_relation(home, "credit_entry"))
            throw guard::not_a_guard(trigger, "Its function is for credit_entry.");
        credits::Entry entry =
            credits::entry_in(RelationGetDescr(trigger->tg_relation), trigger->tg_trigtuple);
        if (const char *problem = credits::problem_of(home, entry))
            throw guard::violation(trigger, "retry_ledger_entry",
                                   core::format("CREDITS_VIOLATION: {}", problem),
                                   {{"entry_id", credits::id_text(entry.id)},
                                    {"grant_id", credits::id_text(entry.grant_id)},
                                    {"seq", std::int64_t{entry.seq}}},
                                   "Entries are written by the extension; restored ones must be unchanged.");
        return Datum(0);
    });
}
