// Trying something and going on if it fails.
//
// An error may be swallowed only when everything that was done since is undone: locks, snapshots, SPI
// connections, settings, half-written rows.  That is what a subtransaction does, and nothing less.
#pragma once

#include "pg/witness.hpp"

namespace retry_ledger::pg {

enum class AtEnd {
    commit,     // keep what was done, unless it failed
    roll_back,  // a trial: leave nothing behind, whether it failed or not
};

// Runs `body` in a subtransaction of its own.  What stopped it, if anything did, with memory that belongs to
// the caller; a cancelled query (57014, statement_timeout included) is never swallowed, it goes on as a
// PgError.  Rows read within don't outlive it: copy what is needed into C++ values.
template <class F>
std::optional<Error> try_in_subtransaction(AtEnd at_end, F &&body);

// The fields of an ERROR of PostgreSQL as an error of ours.
Error error_of(const ErrorData &data);

// One subtransaction, opened by the constructor.  close() must be called on every path: unlike a destructor
// it may raise.  Use try_in_subtransaction.
class Subtransaction {
public:
    Subtransaction();
    void close(AtEnd how);
    // Moves an error out of the subtransaction's memory, which close() frees.
    PgError keep(const PgError &error) const;

private:
    MemoryContext context_;
    ResourceOwner owner_;
};

template <class F>
std::optional<Error> try_in_subtransaction(AtEnd at_end, F &&body) {
    Subtransaction subtransaction;
    CatchingRefusals catching;
    std::optional<Error> failure;
    PgError cancelled{nullptr};
    try {
        body();
    } catch (const PgError &error) {
        if (error.data->sqlerrcode == ERRCODE_QUERY_CANCELED)
            cancelled = subtransaction.keep(error);
        else
            failure = error_of(*error.data);
    } catch (const Error &error) {
        failure = error;
    } catch (const std::bad_alloc &) {
        failure = Error{ERRCODE_OUT_OF_MEMORY, "out of memory"};
    } catch (const std::exception &error) {
        failure = Error{ERRCODE_INTERNAL_ERROR, error.what()};
    } catch (...) {
        failure = Error{ERRCODE_INTERNAL_ERROR, "unknown C++ exception"};
    }
    subtransaction.close(failure || cancelled.data != nullptr ? AtEnd::roll_back : at_end);
    if (cancelled.data != nullptr) throw cancelled;
    return failure;
}

}  // namespace retry_ledger::pg
