// grant_credits and refund_credits: arguments in, one answer out.
#include "core/canonical.hpp"
#include "core/json.hpp"
#include "core/keys.hpp"
#include "credits/credits.hpp"
#include "ledger/ledger.hpp"
#include "retry/arguments.hpp"
#include "retry/idempotency.hpp"

namespace retry_ledger::credits {

namespace {

[[noreturn]] void refuse(const std::string &message, core::Evidence evidence, const std::string &hint) {
    throw pg::to_error(core::Refusal{core::Token::invalid_grant, message, std::move(evidence), hint});
}

struct Grant {
    std::optional<std::string> tenant, reason, request_id;
    std::int64_t amount = 0;
    std::string kind;
    std::optional<TimestampTz> valid_from, expires_at;
};

std::optional<TimestampTz> time_argument(FunctionCallInfo fcinfo, int index, const char *name) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    TimestampTz time = PG_GETARG_TIMESTAMPTZ(index);
    if (TIMESTAMP_NOT_FINITE(time))
        refuse(core::format("{} is infinite", name), {}, "Leave it out: NULL is now, or for ever.");
    return time;
}

Grant read_grant(FunctionCallInfo fcinfo) {
    Grant grant;
    grant.tenant = pg::text_argument(fcinfo, 0);
    grant.amount = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1);
    grant.kind = pg::text_argument(fcinfo, 2).value_or("");
    grant.valid_from = time_argument(fcinfo, 3, "valid_from");
    grant.expires_at = time_argument(fcinfo, 4, "expires_at");
    grant.reason = retry::reason_argument(fcinfo, 5);
    grant.request_id = pg::text_argument(fcinfo, 6);
    retry::check_request_id(grant.request_id);
    return grant;
}

void check(const Grant &grant) {
    constexpr std::size_t most = 1000;  // what fits into an index, in every encoding
    if (grant.tenant && (grant.tenant->empty() || grant.tenant->size() > most))
        refuse(core::format("the tenant has {} bytes and may have 1 to {}", grant.tenant->size(), most), {},
               "It is the value of the runs' tenant column; NULL for tables without one.");
    if (grant.amount < 1 || grant.amount > core::max_credits)
        refuse(core::format("the amount is {} and may be 1 to {}", grant.amount, core::max_credits),
               {{"amount", grant.amount}}, "A grant adds credits; what was granted is never taken back.");
    if (grant.kind != "monthly" && grant.kind != "purchased" && grant.kind != "opening")
        refuse(core::format("kind is \"{}\"", core::shortened(grant.kind)),
               {{"kind", core::shortened(grant.kind)}}, "It is 'monthly', 'purchased' or 'opening'.");
    if (grant.kind == "monthly" && !grant.expires_at)
        refuse("a monthly grant without expires_at", {}, "Pass expires_at => '...': the end of its month.");
    if (grant.expires_at && *grant.expires_at <= grant.valid_from.value_or(GetCurrentTimestamp()))
        refuse("the grant expires before it begins", {},
               "expires_at comes after valid_from, which is now by default.");
}

std::string fingerprint(const Grant &grant) {
    std::vector<core::Field> fields = {{"function", core::Tag::text, "grant_credits"},
                                       {"amount", core::Tag::integer, core::encode_int64(grant.amount)},
                                       {"kind", core::Tag::text, grant.kind}};
    if (grant.reason) fields.push_back({"reason", core::Tag::text, *grant.reason});
    auto add_time = [&](const char *name, std::optional<TimestampTz> time) {
        if (time) fields.push_back({name, core::Tag::timestamptz, core::encode_int64(*time)});
    };
    add_time("valid_from", grant.valid_from);
    add_time("expires_at", grant.expires_at);
    return core::canonical_bytes("retry_ledger.request", 1, fields);
}

Entry first_entry(const Grant &grant) {
    Entry entry;
    entry.id = entry.grant_id = new_id();
    entry.tenant = grant.tenant;
    entry.kind = Kind::grant;
    entry.source = grant.kind == "monthly" ? core::Source::monthly : core::Source::purchased;
    entry.amount = entry.after = grant.amount;
    entry.valid_from = grant.valid_from.value_or(GetCurrentTimestamp());
    entry.expires_at = grant.expires_at;
    entry.reason = grant.reason              ? grant.reason
                   : grant.kind == "opening" ? std::optional<std::string>("opening balance")
                                             : std::nullopt;
    return entry;
}

void record(const pg::Home &home, const Grant &grant, const Entry &first) {
    ledger::Entry entry;
    entry.action = "credits_granted";
    entry.tenant = grant.tenant;
    entry.reason_code = first.reason;
    entry.evidence = {{"grant_id", id_text(first.id)},
                      {"amount", grant.amount},
                      {"kind", grant.kind},
                      {"valid_from", pg::iso_time(first.valid_from)}};
    if (first.expires_at) entry.evidence.push_back({"expires_at", pg::iso_time(*first.expires_at)});
    if (grant.request_id) entry.evidence.push_back({"request_id", *grant.request_id});
    ledger::append(home, entry);
}

std::string granted_id(const std::string &answer) {
    return pg::run("SELECT $1 OPERATOR(pg_catalog.->>) 'grant_id'", {pg::jsonb_param(answer)}).string(0, 1);
}

// The id, as text.
std::string make_grant(const pg::Home &home, const Grant &grant) {
    // Not a table's name: those have a schema.
    retry::IdempotentCall call(home, {"grant_credits", grant.tenant}, grant.request_id, fingerprint(grant));
    if (call.answer()) return granted_id(*call.answer());
    check(grant);
    Entry first = first_entry(grant);
    add(home, first);
    forget_grants(grant.tenant);
    record(home, grant, first);
    std::string id = id_text(first.id);
    call.keep(core::to_json({{"grant_id", id}}));
    return id;
}

const char *refund_name(Refund outcome) {
    return outcome == Refund::refunded           ? "refunded"
           : outcome == Refund::already_refunded ? "already_refunded"
                                                 : "nothing_to_refund";
}

}  // namespace

}  // namespace retry_ledger::credits

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(grant_credits) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        credits::Grant grant = credits::read_grant(fcinfo);
        std::string id;
        {
            pg::SpiScope spi;
            id = credits::make_grant(home, grant);
        }
        return pg::input_datum(UUIDOID, -1, id);
    });
}

RETRY_LEDGER_FUNCTION(refund_credits) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        std::optional<std::string> run_id = pg::any_argument(fcinfo, 0);
        std::string reason = retry::reason_argument(fcinfo, 2).value_or("refund");
        pg::SpiScope spi;
        retry::RunReference run =
            retry::resolve_run(home, run_id, PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1));
        credits::Refunded refunded =
            credits::refund(home, *run.table, pg::output_text(run.table->key.type, run.key), reason);
        std::optional<core::Balance> &split = refunded.split;
        if (refunded.outcome == credits::Refund::nothing_to_refund) split = core::Balance{};
        retry::RowBuilder row;
        row.text(credits::refund_name(refunded.outcome));
        row.bigint(refunded.credits);
        row.bigint(split ? std::optional(split->monthly) : std::nullopt);
        row.bigint(split ? std::optional(split->purchased) : std::nullopt);
        row.put(fcinfo);
        return Datum(0);
    });
}
