// Errors across the boundary, both ways, with every field.
//
// PostgreSQL raises with longjmp, which skips C++ destructors; C++ raises with exceptions, which PostgreSQL
// can't catch.  So the two never meet:
//
//   pg_call(f)      calls PostgreSQL from C++.  An ERROR in f becomes the exception PgError.  The lambda
//   holds
//                   C calls and trivial locals only: nothing in it has a destructor that a longjmp would
//                   skip.
//   entry(fcinfo,f) is what PostgreSQL calls.  An exception in f becomes an ERROR, raised *after* the catch
//                   block has ended: raising within it leaks the exception object, each time.
//
// One pg_call for a batch, not one for each datum: it costs a sigsetjmp.
#pragma once

#include "core/refusal.hpp"
#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// An ERROR caught by pg_call.  Trivially copyable: `data` lives in the memory context of the call.
struct PgError {
    ErrorData *data;
};
static_assert(std::is_trivially_copyable_v<PgError>);

// What a refusal is about, as far as it is known: for the ledger, not for the client.
struct Subject {
    std::string run_table, run_key, tenant, request_id;
    std::string policy_hash;  // 32 bytes
};

// An error of ours: PostgreSQL's fields, C++ strings.
struct Error {
    int sqlstate = ERRCODE_INTERNAL_ERROR;
    std::string message, detail, hint, schema, table, column, constraint;
    Subject about = {};
    bool is_ours = true;  // false: PostgreSQL or the application's code has raised it, whatever its SQLSTATE
};

// A refusal of the contract as an error: SQLSTATE PTxyz or 23R01, message `TOKEN: …`, DETAIL one JSON object.
Error to_error(const core::Refusal &refusal);

// The table and the row that evidence names.
Subject subject_of(const core::Evidence &evidence);

// 23R01: mutation, delete, truncate, birth, lineage, transition, append-only and write-once violations.
constexpr int ERRCODE_GOVERNANCE_VIOLATION = MAKE_SQLSTATE('2', '3', 'R', '0', '1');

[[noreturn]] void throw_captured_error(MemoryContext context);

// Whether an entry of ours has raised it.
bool raised_by_entry(const ErrorData &data);

// An error waiting to be raised once its catch block has ended.  `function`: whose entry it is.
class PendingError {
public:
    explicit PendingError(const char *function) : function_(function) {}
    void set(const PgError &error) noexcept { captured_ = error.data; }
    void set(const Error &error) noexcept;
    void set(int sqlstate, const char *message) noexcept;
    [[noreturn]] void raise();

private:
    void tell_witness() const noexcept;

    const char *function_;
    bool is_ours_ = true;
    ErrorData *captured_ = nullptr;
    int sqlstate_ = ERRCODE_OUT_OF_MEMORY;
    char *message_ = nullptr, *detail_ = nullptr, *hint_ = nullptr;
    char *schema_ = nullptr, *table_ = nullptr, *column_ = nullptr, *constraint_ = nullptr;
    char *run_table_ = nullptr, *run_key_ = nullptr, *tenant_ = nullptr, *request_id_ = nullptr;
    char *policy_hash_ = nullptr;
};
static_assert(std::is_trivially_destructible_v<PendingError>);

template <class F>
auto pg_call(F &&f) -> decltype(f()) {
    using Result = decltype(f());
    static_assert(std::is_void_v<Result> || std::is_trivially_copyable_v<Result>);

    sigjmp_buf *const exception_stack = PG_exception_stack;
    ErrorContextCallback *const context_stack = error_context_stack;
    const MemoryContext context = CurrentMemoryContext;
    sigjmp_buf here;

    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        if constexpr (std::is_void_v<Result>) {
            f();
            PG_exception_stack = exception_stack;
            error_context_stack = context_stack;
            return;
        } else {
            Result result = f();
            PG_exception_stack = exception_stack;
            error_context_stack = context_stack;
            return result;
        }
    }
    PG_exception_stack = exception_stack;
    error_context_stack = context_stack;
    throw_captured_error(context);
}

// Runs `body`, with every exception left in `pending`.  True if there was none.
template <class F>
bool run_guarded(PendingError &pending, F &&body) noexcept {
    try {
        body();
        return true;
    } catch (const PgError &error) {
        pending.set(error);
    } catch (const Error &error) {
        pending.set(error);
    } catch (const std::bad_alloc &) {
        pending.set(ERRCODE_OUT_OF_MEMORY, "out of memory");
    } catch (const std::exception &error) {
        pending.set(ERRCODE_INTERNAL_ERROR, error.what());
    } catch (...) {
        pending.set(ERRCODE_INTERNAL_ERROR, "unknown C++ exception");
    }
    return false;
}

// The body of every SQL function, trigger, event trigger and hook.  `function` is the one that calls entry.
template <class F>
auto entry(F &&body, const char *function = __builtin_FUNCTION()) -> decltype(body()) {
    using Result = decltype(body());
    static_assert(std::is_trivially_copyable_v<Result>);
    PendingError pending(function);
    Result result{};
    if (run_guarded(pending, [&] { result = body(); })) return result;
    pending.raise();
}

}  // namespace retry_ledger::pg

// Declares the SQL function NAME in C++: RETRY_LEDGER_FUNCTION(f) { return entry([&] { … }); }
#define RETRY_LEDGER_FUNCTION(NAME)                           \
    extern "C" {                                              \
    PGDLLEXPORT Datum NAME(PG_FUNCTION_ARGS);                 \
    PGDLLEXPORT const Pg_finfo_record *pg_finfo_##NAME(void); \
    const Pg_finfo_record *pg_finfo_##NAME(void) {            \
        static const Pg_finfo_record record = {1};            \
        return &record;                                       \
    }                                                         \
    }                                                         \
    Datum NAME([[maybe_unused]] PG_FUNCTION_ARGS)
