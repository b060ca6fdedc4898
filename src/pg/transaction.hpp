// C++ objects that live as long as the transaction in which they were made.
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::pg {

// At most one T, made when it is first asked for.  PostgreSQL resets the transaction's memory at commit and
// abort, and the object goes with it.  Declare it as a namespace-level static: it has no constructor to run.
template <class T>
class TransactionLocal {
public:
    T *find() const { return object_; }

    T &get() {
        if (object_ != nullptr) return *object_;
        auto made = std::make_unique<T>();
        pg_call([this] {
            MemoryContext context =
                AllocSetContextCreate(TopTransactionContext, "retry_ledger object", ALLOCSET_SMALL_SIZES);
            auto *callback = static_cast<MemoryContextCallback *>(
                MemoryContextAllocZero(context, sizeof(MemoryContextCallback)));
            callback->func = forget;
            callback->arg = this;
            MemoryContextRegisterResetCallback(context, callback);
        });
        object_ = made.release();
        return *object_;
    }

private:
    static void forget(void *self) {
        T *&object = static_cast<TransactionLocal *>(self)->object_;
        delete object;
        object = nullptr;
    }

    T *object_ = nullptr;
};

}  // namespace retry_ledger::pg
