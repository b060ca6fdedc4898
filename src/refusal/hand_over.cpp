#include "refusal/hand_over.hpp"

#include "ledger/ledger.hpp"
#include "refusal/queue.hpp"

namespace retry_ledger::refusal {

namespace {

// False if it was cut.  Then it says so: the rest of one name isn't to be taken for another one.
template <size_t N>
bool copy(char (&to)[N], const char *from) {
    static constexpr char cut[] = "...";
    if (from == nullptr) from = "";
    size_t size = strlen(from);
    bool fits = size < N;
    if (!fits) size = static_cast<size_t>(pg_mbcliplen(from, static_cast<int>(size), N - sizeof cut));
    memcpy(to, from, size);
    strlcpy(to + size, fits ? "" : cut, N - size);
    return fits;
}

template <size_t N>
void copy(char (&to)[N], const std::optional<std::string> &from) {
    (void)copy(to, from ? from->c_str() : nullptr);
}

void describe(const pg::RaisedRefusal &raised, Waiting &refusal) {
    refusal.sqlstate = raised.sqlstate;
    (void)copy(refusal.function, raised.function);
    (void)copy(refusal.constraint, raised.constraint);
    (void)copy(refusal.run_table, raised.run_table);
    (void)copy(refusal.run_key, raised.run_key);
    (void)copy(refusal.tenant, raised.tenant);
    (void)copy(refusal.request_id, raised.request_id);
    (void)copy(refusal.message, raised.message);
    refusal.is_cut = !copy(refusal.detail, raised.detail);
    refusal.has_policy = raised.policy_hash != nullptr;
    if (refusal.has_policy) memcpy(refusal.policy_hash, raised.policy_hash, sizeof refusal.policy_hash);
}

void say_who(Waiting &refusal) {
    ledger::Who who = ledger::current_who();
    (void)copy(refusal.session_role, who.session_role.c_str());
    (void)copy(refusal.acting_role, who.acting_role.c_str());
    copy(refusal.application_name, who.application_name);
    copy(refusal.claimed_actor, who.claimed_actor);
}

}  // namespace

// The transaction is about to be undone, so an error here may be swallowed: another one follows at once.
void hand_over(const pg::RaisedRefusal &raised) noexcept {
    if (!has_queue() || !OidIsValid(MyDatabaseId)) return;
    Waiting refusal = {};
    refusal.database = MyDatabaseId;
    refusal.pid = MyProcPid;
    refusal.refused_at = GetCurrentTimestamp();
    refusal.transaction_id = U64FromFullTransactionId(GetTopFullTransactionIdIfAny());
    describe(raised, refusal);
    pg::PendingError unsaid("hand_over");
    if (IsTransactionState()) (void)pg::run_guarded(unsaid, [&] { say_who(refusal); });
    put(refusal);
}

}  // namespace retry_ledger::refusal
