#include "pg/error.hpp"

#include "core/json.hpp"
#include "pg/witness.hpp"

namespace retry_ledger::pg {

// Copying an error allocates and may itself raise: hence a second sigsetjmp.  `context` is where the caller
// of pg_call was allocating, so the copy lives as long as what the caller works with.
[[noreturn]] void throw_captured_error(MemoryContext context) {
    sigjmp_buf *const exception_stack = PG_exception_stack;
    ErrorContextCallback *const context_stack = error_context_stack;
    ErrorData *volatile copy = nullptr;
    sigjmp_buf here;

    MemoryContextSwitchTo(context);
    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        error_context_stack = nullptr;
        copy = CopyErrorData();
    }
    PG_exception_stack = exception_stack;
    error_context_stack = context_stack;
    MemoryContextSwitchTo(context);
    FlushErrorState();
    if (copy == nullptr) throw std::bad_alloc();
    throw PgError{copy};
}

namespace {

// Never raises: it runs inside a catch block.
char *copy_or_null(const char *data, size_t size) noexcept {
    if (size == 0) return nullptr;
    auto *copy =
        static_cast<char *>(MemoryContextAllocExtended(CurrentMemoryContext, size + 1, MCXT_ALLOC_NO_OOM));
    if (copy == nullptr) return nullptr;
    memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *copy_or_null(const std::string &text) noexcept {
    // A text larger than palloc takes is no help in a message.  Cut between characters: half of one couldn't
    // be converted for the client.
    constexpr int limit = 1 << 20;
    if (text.size() <= limit) return copy_or_null(text.data(), text.size());
    return copy_or_null(text.data(), static_cast<size_t>(pg_mbcliplen(text.data(), limit + 8, limit)));
}

}  // namespace

void PendingError::set(const Error &error) noexcept {
    sqlstate_ = error.sqlstate;
    is_ours_ = error.is_ours;
    message_ = copy_or_null(error.message);
    detail_ = copy_or_null(error.detail);
    hint_ = copy_or_null(error.hint);
    schema_ = copy_or_null(error.schema);
    table_ = copy_or_null(error.table);
    column_ = copy_or_null(error.column);
    constraint_ = copy_or_null(error.constraint);
    run_table_ = copy_or_null(error.about.run_table);
    run_key_ = copy_or_null(error.about.run_key);
    tenant_ = copy_or_null(error.about.tenant);
    request_id_ = copy_or_null(error.about.request_id);
    policy_hash_ = copy_or_null(error.about.policy_hash);
}

void PendingError::set(int sqlstate, const char *message) noexcept {
    sqlstate_ = sqlstate;
    message_ = copy_or_null(message, strlen(message));
}

namespace {

RefusalWitness witness = nullptr;
int caught_level = 0;  // the depth of subtransactions at which we catch what is raised; 0: we don't

bool is_of_contract(int sqlstate) {
    return sqlstate == ERRCODE_GOVERNANCE_VIOLATION ||
           ERRCODE_TO_CATEGORY(sqlstate) == MAKE_SQLSTATE('P', 'T', '0', '0', '0');
}

}  // namespace

void set_refusal_witness(RefusalWitness new_witness) {
    witness = new_witness;
}

CatchingRefusals::CatchingRefusals()
    : outer_(std::exchange(caught_level, GetCurrentTransactionNestLevel())) {}

CatchingRefusals::~CatchingRefusals() {
    caught_level = outer_;
}

void PendingError::tell_witness() const noexcept {
    if (witness == nullptr || !is_ours_ || !is_of_contract(sqlstate_)) return;
    if (GetCurrentTransactionNestLevel() == caught_level) return;
    witness({sqlstate_, function_, message_, detail_, constraint_, run_table_, run_key_, tenant_, request_id_,
             policy_hash_});
}

// An application's RAISE can have any SQLSTATE and any text, but not the place that it comes from.
bool raised_by_entry(const ErrorData &data) {
    const char *file = strrchr(__FILE__, '/');
    return data.filename != nullptr && data.funcname != nullptr && strcmp(data.funcname, "raise") == 0 &&
           strcmp(data.filename, file != nullptr ? file + 1 : __FILE__) == 0;
}

// What was captured has been raised by an entry before, or by PostgreSQL.
[[noreturn]] void PendingError::raise() {
    if (captured_ != nullptr) ReThrowError(captured_);
    tell_witness();
    const char *unsaid = sqlstate_ == ERRCODE_OUT_OF_MEMORY ? "out of memory" : "error without a message";
    ereport(ERROR, (errcode(sqlstate_), errmsg_internal("%s", message_ ? message_ : unsaid),
                    detail_ ? errdetail_internal("%s", detail_) : 0, hint_ ? errhint("%s", hint_) : 0,
                    schema_ ? err_generic_string(PG_DIAG_SCHEMA_NAME, schema_) : 0,
                    table_ ? err_generic_string(PG_DIAG_TABLE_NAME, table_) : 0,
                    column_ ? err_generic_string(PG_DIAG_COLUMN_NAME, column_) : 0,
                    constraint_ ? err_generic_string(PG_DIAG_CONSTRAINT_NAME, constraint_) : 0));
    pg_unreachable();
}

Error to_error(const core::Refusal &refusal) {
    const core::TokenInfo &info = core::token_info(refusal.token);
    Error error;
    error.sqlstate = MAKE_SQLSTATE('P', 'T', '0' + info.http_status / 100, '0' + info.http_status / 10 % 10,
                                   '0' + info.http_status % 10);
    error.message = core::format("{}: {}", info.name, refusal.message);
    error.detail = core::to_json(refusal.evidence);
    error.hint = refusal.hint;
    error.about = subject_of(refusal.evidence);
    return error;
}

Subject subject_of(const core::Evidence &evidence) {
    Subject subject;
    for (const auto &[name, value] : evidence) {
        const auto *text = std::get_if<std::string>(&value);
        if (text == nullptr) continue;
        if (name == "run_table") subject.run_table = *text;
        if (name == "run_id" || name == "file_id") subject.run_key = *text;
    }
    return subject;
}

}  // namespace retry_ledger::pg
