// Everything that is recorded bears the table's name, and a name may come to be another table's: by DROP and
// CREATE, or by two renames after a release.  So whoever adopts a table of a name that has a history gets it
// only where it was his, and only where its runs are the table's rows: else old links would be taken for
// those of new runs, and one role would read what another one's runs left.
//
// The very table that was released may have lost rows since.  Nobody is born again with their keys.
#include "govern/adopt_history.hpp"

namespace retry_ledger::govern {

namespace {

constexpr long batch_rows = 1000;

// What release_governance recorded last of a table of this name.
struct Former {
    bool any = false;  // whether anything stands under the name
    MaybeText table, owner;
    bool has_functions = false;  // whether the policy in force under the name calls some
};

// Entries that tell nothing of runs, nor of what was decided for them, are no history.
Former read_former(const Adopting &a) {
    pg::AsRole owner(a.request.home.owner);
    pg::Rows row = pg::run_latest(
        core::format("SELECT EXISTS (SELECT FROM {0}.retry WHERE run_table = $1)"
                     " OR EXISTS (SELECT FROM {0}.request WHERE run_table = $1)"
                     " OR EXISTS (SELECT FROM {0}.checkpoint WHERE run_table = $1)"
                     " OR EXISTS (SELECT FROM {0}.retry_policy WHERE run_table = $1)"
                     " OR EXISTS (SELECT FROM {0}.ledger_entry WHERE run_table = $1 AND (run_key IS NOT NULL"
                     "  OR action NOT IN ('adopted', 'regoverned', 'locked', 'ddl_accepted', 'retention_set',"
                     "   'release_requested', 'released'))),"
                     " r.evidence ->> 'table_oid', r.evidence ->> 'table_owner',"
                     " EXISTS (SELECT FROM (SELECT * FROM {0}.retry_policy WHERE run_table = $1"
                     "  ORDER BY version DESC LIMIT 1) p"
                     "  WHERE coalesce(p.price_function, p.charge_function, p.refund_function) IS NOT NULL)"
                     " FROM (SELECT) one LEFT JOIN LATERAL (SELECT evidence FROM {0}.ledger_entry"
                     "  WHERE run_table = $1 AND run_key IS NULL AND action = 'released'"
                     "  ORDER BY recorded_at DESC, entry_id DESC LIMIT 1) r ON true",
                     pg::schema_name(a.request.home)),
        {pg::text_param(std::string_view(a.table.qualified))});
    return {row.boolean(0, 1), row.text(0, 2), row.text(0, 3), row.boolean(0, 4)};
}

// Superusers, and who may act as the extension's owner, read all history anyway.
bool may_claim(const Adopting &a, const Former &former) {
    return pg::pg_call([&] {
        if (has_privs_of_role(GetUserId(), a.request.home.owner)) return true;
        if (!former.owner) return false;
        const Oid role = get_role_oid(former.owner->c_str(), true);
        return OidIsValid(role) && has_privs_of_role(a.table.owner, role);
    });
}

// They run as the table's owner.  One that somebody else has chosen would be his way to act as that owner:
// as a superuser, where a superuser has made a table of the name.
bool trusts_functions(const Adopting &a, const Former &former) {
    if (!former.has_functions) return true;
    if (!former.owner) return false;
    return pg::pg_call([&] {
        const Oid role = get_role_oid(former.owner->c_str(), true);
        return OidIsValid(role) && has_privs_of_role(role, a.table.owner);
    });
}

std::string rename_hint(const Adopting &a) {
    return core::format("ALTER TABLE {} RENAME TO ...: a history of its own begins under the new name.",
                        a.table.qualified);
}

std::string history_query(const Adopting &a) {
    return core::format(
        "SELECT h.key, h.parent, h.child FROM ("
        "SELECT retry_key, parent_key, NULL FROM {0}.retry WHERE run_table = $1"
        " UNION ALL SELECT parent_key, NULL, retry_key FROM {0}.retry WHERE run_table = $1"
        " UNION ALL SELECT run_key, NULL, NULL FROM {0}.ledger_entry WHERE run_table = $1"
        "  AND run_key IS NOT NULL AND action = 'ended'"
        " UNION ALL SELECT run_key, NULL, NULL FROM {0}.checkpoint WHERE run_table = $1"
        ") h(key, parent, child) ORDER BY h.key COLLATE \"C\"",
        pg::schema_name(a.request.home));
}

}  // namespace

void find_history(Adopting &a) {
    const Former former = read_former(a);
    if (!former.any) return;
    const std::string whose = former.owner
                                  ? core::format("A table of this name was released when its owner was {}.",
                                                 pg::quote_ident(*former.owner))
                                  : "A table of this name was governed, and who owned it isn't recorded.";
    if (!may_claim(a, former))
        throw refusal(a.table, ERRCODE_INSUFFICIENT_PRIVILEGE,
                      core::format("the history of {} is another role's", a.table.qualified), whose,
                      "Let a superuser or the extension's owner govern it; or " + rename_hint(a));
    if (!trusts_functions(a, former))
        throw refusal(a.table, ERRCODE_INSUFFICIENT_PRIVILEGE,
                      core::format("the retry policy of {} calls functions that another role has chosen",
                                   a.table.qualified),
                      whose + " They would run as the owner of this one.",
                      (former.owner ? core::format("ALTER TABLE {} OWNER TO {}; or ", a.table.qualified,
                                                   pg::quote_ident(*former.owner))
                                    : "") +
                          rename_hint(a));
    const bool same = former.table == core::format("{}", a.table.relation);
    a.history = same ? History::its_own : History::of_its_name;
}

HistoryScan::HistoryScan(Adopting &adopting) : a_(adopting) {
    if (a_.history == History::none) return;
    pg::AsRole owner(a_.request.home.owner);
    cursor_.emplace(history_query(a_),
                    std::vector<pg::Param>{pg::text_param(std::string_view(a_.table.qualified))});
    advance();
}

void HistoryScan::advance() {
    if (++at_ < facts_.size()) return;
    facts_.clear();
    at_ = 0;
    pg::AsRole owner(a_.request.home.owner);
    const pg::Rows rows = cursor_->fetch(batch_rows);
    for (uint64 i = 0; i < rows.size(); i++)
        facts_.push_back({rows.string(i, 1), rows.text(i, 2), rows.text(i, 3)});
}

void HistoryScan::meet(const std::string &key, const MaybeText &parent) {
    for (; !facts_.empty() && facts_[at_].key <= key; advance()) {
        const Fact &fact = facts_[at_];
        if (fact.key < key)
            miss(fact);
        else if (fact.parent && fact.parent != parent)
            refuse_contradiction(
                core::format("Run {} retries run {} there, and {} here.", key, *fact.parent,
                             parent ? core::format("run {}", *parent) : std::string("none")));
    }
}

void HistoryScan::finish() {
    for (; !facts_.empty(); advance()) miss(facts_[at_]);
    keep_keys();
    for (const auto &[parent, retry] : lost_)
        if (gone_of_links_.count(parent) == 0)
            refuse_contradiction(
                core::format("Run {} is here, and run {}, which retried it, is gone.", parent, retry));
}

void HistoryScan::miss(const Fact &fact) {
    if (a_.history != History::its_own) refuse_missing(fact);
    if (fact.parent || fact.child) gone_of_links_.insert(fact.key);
    if (fact.parent) lost_.emplace_back(*fact.parent, fact.key);
    if (gone_ > 0 && fact.key == last_gone_) return;
    gone_++;
    last_gone_ = fact.key;
    keys_.push_back(fact.key);
    if (keys_.size() >= batch_rows) keep_keys();
}

void HistoryScan::keep_keys() {
    if (!a_.request.dry_run) govern::keep_keys(a_.request.home, a_.table.qualified, keys_);
    keys_.clear();
}

void HistoryScan::refuse_missing(const Fact &fact) const {
    const std::string what =
        fact.parent  ? core::format("run {}, which retries run {},", fact.key, *fact.parent)
        : fact.child ? core::format("run {}, which run {} retries,", fact.key, *fact.child)
                     : core::format("run {}", fact.key);
    throw refusal(a_.table, ERRCODE_DUPLICATE_OBJECT,
                  core::format("another table was governed as {}", a_.table.qualified),
                  core::format("Its history bears that name, and {} isn't in this table.", what),
                  rename_hint(a_));
}

void HistoryScan::refuse_contradiction(const std::string &detail) const {
    throw refusal(a_.table, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                  core::format("rows of {} contradict the history of that name", a_.table.qualified), detail,
                  rename_hint(a_));
}

}  // namespace retry_ledger::govern
