#include "credits/credits.hpp"

#include "core/json.hpp"
#include "ledger/ledger.hpp"
#include "pg/application.hpp"
#include "pg/lock.hpp"
#include "pg/subtransaction.hpp"

namespace retry_ledger::credits {

namespace {

using govern::Governed;

ManyCharges *many = nullptr;  // the scope that we are in

core::Value optional_text(const std::optional<std::string> &text) {
    if (text) return *text;
    return nullptr;
}

void add_to(core::Balance &balance, core::Source source, std::int64_t amount) {
    (source == core::Source::monthly ? balance.monthly : balance.purchased) += amount;
}

std::vector<core::Grant> usable(const pg::Home &home, const std::optional<std::string> &tenant) {
    return core::usable_grants(grants_of(home, tenant), GetCurrentTimestamp());
}

}  // namespace

ManyCharges::ManyCharges(const pg::Home &home)
    : entries_(pg::own_relation(home, "credit_entry")),
      outer_(many),
      subtransaction_(GetCurrentSubTransactionId()) {
    many = this;
}

ManyCharges::~ManyCharges() {
    many = outer_;
}

// The grants that a charge draws from: kept by the scope that we are in, or read for this one charge.
class Purse {
public:
    Purse(const pg::Home &home, const std::optional<std::string> &tenant) {
        // A subtransaction within the scope may be rolled back: what it takes isn't kept in memory.
        if (many == nullptr || many->subtransaction_ != GetCurrentSubTransactionId()) {
            forget_grants(tenant);
            own_ = usable(home, tenant);
            return;
        }
        auto found = many->grants_.find(tenant);
        if (found == many->grants_.end()) found = many->grants_.emplace(tenant, usable(home, tenant)).first;
        kept_ = &found->second;
    }
    static void forget(const std::optional<std::string> &tenant) noexcept {
        for (ManyCharges *scope = many; scope != nullptr; scope = scope->outer_) scope->grants_.erase(tenant);
    }
    std::vector<core::Grant> &grants() { return kept_ != nullptr ? *kept_ : own_; }

private:
    std::vector<core::Grant> own_, *kept_ = nullptr;
};

void forget_grants(const std::optional<std::string> &tenant) noexcept {
    Purse::forget(tenant);
}

namespace {

Entry next_entry(const core::Grant &grant, Kind kind, std::int64_t amount) {
    Entry entry;
    entry.kind = kind;
    entry.grant_id = grant.id;
    entry.source = grant.source;
    entry.seq = grant.seq + 1;
    entry.amount = amount;
    entry.before = grant.remaining;
    entry.after = kind == Kind::refund ? grant.remaining + amount : grant.remaining - amount;
    entry.valid_from = grant.valid_from;
    entry.expires_at = grant.expires_at;
    return entry;
}

// Adds the entry and moves the grant on to it.
void append_to(const pg::Home &home, core::Grant &grant, const Entry &entry) {
    add(home, entry);
    grant.remaining = entry.after;
    grant.expires_at = entry.expires_at;
    grant.seq = entry.seq;
}

// ---- charging ----

core::Balance take(const pg::Home &home, const Governed &table, const Charge &charge,
                   const std::string &charge_id) {
    lock_tenant(home, charge.tenant);
    Purse purse(home, charge.tenant);
    std::vector<core::Grant> &grants = purse.grants();
    auto draws = core::draw(grants, charge.credits);
    if (!draws)
        throw pg::to_error(core::insufficient_credits(charge.parent_key, table.table_name.string(),
                                                      charge.tenant,
                                                      {charge.credits, core::balance_of(grants)}));
    core::Balance split;
    for (const core::Draw &draw : *draws) {
        core::Grant &grant = grants[draw.grant];
        Entry entry = next_entry(grant, Kind::charge, draw.amount);
        entry.tenant = charge.tenant;
        entry.charge_id = charge_id;
        entry.run_table = table.table_name.string();
        entry.run_key = charge.retry_key;
        entry.reason = charge.reason;
        append_to(home, grant, entry);
        add_to(split, grant.source, draw.amount);
    }
    return split;
}

// What the application's own billing is told.
std::string billing_json(const Governed &table, const Charge &charge, const std::string &charge_id) {
    return core::to_json({{"run_table", table.table_name.string()},
                          {"run_id", charge.parent_key},
                          {"retry_run_id", charge.retry_key},
                          {"tenant", optional_text(charge.tenant)},
                          {"credits", charge.credits},
                          {"charge_id", charge_id},
                          {"reason", charge.reason}});
}

ledger::Entry ledger_entry(const Governed &table, const char *action, const Charge &charge,
                           const core::Evidence &evidence) {
    ledger::Entry entry;
    entry.action = action;
    entry.run_table = table.table_name.string();
    entry.run_key = charge.retry_key;
    entry.tenant = charge.tenant;
    entry.reason_code = charge.reason;
    entry.policy_hash = table.policy_hash;
    entry.evidence = evidence;
    if (!charge.parent_key.empty()) entry.evidence.push_back({"original_run_id", charge.parent_key});
    return entry;
}

}  // namespace

void lock_tenant(const pg::Home &home, const std::optional<std::string> &tenant) {
    pg::lock_name(home, tenant ? "credits of " + *tenant : "credits");
}

core::Balance available(const pg::Home &home, const std::optional<std::string> &tenant) {
    return core::balance_of(usable(home, tenant));
}

std::optional<Charged> charge(const pg::Home &home, Governed &table, const Charge &charge) {
    if (charge.credits == 0) return std::nullopt;
    std::string id = new_id();
    Charged charged{id_text(id), charge.credits, std::nullopt};
    const std::optional<std::string> &function = table.policy->charge_function;
    if (function)
        (void)pg::call_application(pg::owner_of(table.root), *function,
                                   billing_json(table, charge, charged.charge_id));
    else
        charged.split = take(home, table, charge, id);
    ledger::Entry entry = ledger_entry(table, "charged", charge, evidence_of(charged));
    if (function) entry.evidence.push_back({"charge_function", *function});
    ledger::append(home, entry);
    return charged;
}

core::Evidence evidence_of(const Charged &charged) {
    core::Evidence evidence = {{"charge_id", charged.charge_id}, {"credits", charged.credits}};
    if (!charged.split) return evidence;
    evidence.push_back({"monthly", charged.split->monthly});
    evidence.push_back({"purchased", charged.split->purchased});
    return evidence;
}

// ---- refunding ---------------------------------------------------------------------------------------

namespace {

// To the grant that it was taken from.
void give_back(const pg::Home &home, const Entry &charge, const std::string &reason) {
    std::optional<core::Grant> grant = newest(home, charge.grant_id);
    if (!grant)
        throw pg::Error{ERRCODE_DATA_CORRUPTED, core::format("grant {} is missing", id_text(charge.grant_id)),
                        "", "verify_credits() shows what else doesn't fit."};
    core::Revival revival = core::revive(*grant, GetCurrentTimestamp());
    if (revival.lapsed > 0) {
        Entry lapse = next_entry(*grant, Kind::lapse, revival.lapsed);
        lapse.tenant = charge.tenant;
        lapse.reason = "expired";
        append_to(home, *grant, lapse);
    }
    Entry entry = next_entry(*grant, Kind::refund, charge.amount);
    entry.tenant = charge.tenant;
    entry.expires_at = revival.expires_at;
    entry.charge_id = charge.charge_id;
    entry.refund_of = charge.id;
    entry.run_table = charge.run_table;
    entry.run_key = charge.run_key;
    entry.reason = reason;
    append_to(home, *grant, entry);
}

bool is_refunded(const std::vector<Entry> &entries, const Entry &charge) {
    for (const Entry &entry : entries)
        if (entry.refund_of == charge.id) return true;
    return false;
}

// Of credits that are ours.
Refunded refund_entries(const pg::Home &home, const Governed &table, const std::string &retry_key,
                        const std::string &reason) {
    std::string name = table.table_name.string();
    std::vector<Entry> entries = entries_of_run(home, name, retry_key);
    if (entries.empty()) return {};
    Charge charge{entries.front().tenant, 0, "", retry_key, reason};
    lock_tenant(home, charge.tenant);
    forget_grants(charge.tenant);
    entries = entries_of_run(home, name, retry_key);
    Refunded refunded{Refund::already_refunded, 0, core::Balance{}};
    std::map<std::string, Charged> by_charge;  // files that were inserted in several statements have several
    for (const Entry &entry : entries) {
        if (entry.kind != Kind::charge || is_refunded(entries, entry)) continue;
        give_back(home, entry, reason);
        Charged &charged =
            by_charge.try_emplace(id_text(entry.charge_id), Charged{"", 0, core::Balance{}}).first->second;
        refunded.credits += entry.amount;
        add_to(*refunded.split, entry.source, entry.amount);
        charged.credits += entry.amount;
        add_to(*charged.split, entry.source, entry.amount);
    }
    for (auto &[id, charged] : by_charge) {
        charged.charge_id = id;
        ledger::append(home, ledger_entry(table, "refunded", charge, evidence_of(charged)));
        refunded.outcome = Refund::refunded;
    }
    return refunded;
}

struct Billed {
    Charge charge;
    std::string charge_id;
    bool refunded = false;
};

// What the application's own billing has charged: it stands on the ledger only.
std::vector<Billed> billed(const pg::Home &home, const Governed &table, const std::string &retry_key,
                           const std::string &reason) {
    pg::SpiScope spi;
    pg::AsRole owner(home.owner);
    pg::Rows rows = pg::run_latest(
        core::format("SELECT c.tenant, (c.evidence ->> 'credits')::bigint, c.evidence ->> 'original_run_id',"
                     " c.evidence ->> 'charge_id', EXISTS (SELECT FROM {0}.ledger_entry r"
                     " WHERE r.run_table = $1 AND r.run_key = $2 AND r.action = 'refunded'"
                     " AND r.evidence ->> 'charge_id' = c.evidence ->> 'charge_id')"
                     " FROM {0}.ledger_entry c WHERE c.run_table = $1 AND c.run_key = $2"
                     " AND c.action = 'charged' AND c.evidence ? 'charge_function' ORDER BY c.entry_id",
                     pg::schema_name(home)),
        {pg::text_param(table.table_name.view()), pg::text_param(retry_key)});
    std::vector<Billed> bills;
    for (uint64 i = 0; i < rows.size(); i++)
        bills.push_back({{rows.text(i, 1), rows.integer(i, 2), rows.string(i, 3), retry_key, reason},
                         rows.string(i, 4),
                         rows.boolean(i, 5)});
    return bills;
}

void refund_bill(const pg::Home &home, const Governed &table, const Billed &bill) {
    const std::optional<std::string> &function = table.policy->refund_function;
    if (!function)
        throw pg::Error{ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                        core::format("the policy of {} names no refund_function", table.table_name.view()),
                        "",
                        "The retry was charged by billing of the application's own: "
                        "set_retry_policy(..., charge_function => '...', refund_function => '...')."};
    (void)pg::call_application(pg::owner_of(table.root), *function,
                               billing_json(table, bill.charge, bill.charge_id));
    Charged charged{bill.charge_id, bill.charge.credits, std::nullopt};
    ledger::Entry entry = ledger_entry(table, "refunded", bill.charge, evidence_of(charged));
    entry.evidence.push_back({"refund_function", *function});
    ledger::append(home, entry);
}

Refunded refund_billing(const pg::Home &home, const Governed &table, const std::string &retry_key,
                        const std::string &reason) {
    pg::lock_name(home, core::format("refund {} {}", table.table_name.view(), retry_key));
    Refunded refunded;
    for (const Billed &bill : billed(home, table, retry_key, reason)) {
        if (refunded.outcome == Refund::nothing_to_refund) refunded.outcome = Refund::already_refunded;
        if (bill.refunded) continue;
        refund_bill(home, table, bill);
        refunded.outcome = Refund::refunded;
        refunded.credits += bill.charge.credits;
    }
    return refunded;
}

}  // namespace

Refunded refund(const pg::Home &home, Governed &table, const std::string &retry_key,
                const std::string &reason) {
    Refunded refunded = refund_entries(home, table, retry_key, reason);
    if (refunded.outcome != Refund::nothing_to_refund) return refunded;
    return refund_billing(home, table, retry_key, reason);
}

std::optional<pg::Error> try_refund(const pg::Home &home, Governed &table, const std::string &retry_key,
                                    const std::string &reason) {
    auto failure =
        pg::try_in_subtransaction(pg::AtEnd::commit, [&] { (void)refund(home, table, retry_key, reason); });
    if (!failure) return std::nullopt;
    Charge charge{std::nullopt, 0, "", retry_key, reason};
    ledger::append(home, ledger_entry(table, "refund_failed", charge,
                                      {{"message", failure->message}, {"detail", failure->detail}}));
    return failure;
}

}  // namespace retry_ledger::credits
