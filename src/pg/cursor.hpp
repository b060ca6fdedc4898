// Reading many rows, a batch at a time, and memory that goes with each batch.
#pragma once

#include "pg/spi.hpp"

namespace retry_ledger::pg {

// A memory context for the time of a scope: what is allocated within goes with it.
// After an error it is left to the (sub)transaction's abort, for the error itself lives in it.
class TemporaryMemory {
public:
    TemporaryMemory();
    ~TemporaryMemory();
    TemporaryMemory(const TemporaryMemory &) = delete;
    void reset() { MemoryContextReset(context_); }

private:
    int exceptions_;
    MemoryContext context_, before_;
};

// A query's rows in batches, seeing everything committed by now and everything of our own, whatever the
// isolation level.  Within a SpiScope.
class Cursor {
public:
    explicit Cursor(const std::string &sql, const std::vector<Param> &params = {});
    ~Cursor();
    Cursor(const Cursor &) = delete;

    // The next rows, at most `count`; empty at the end.  Ends the life of the batch before.
    Rows fetch(long count);

private:
    int exceptions_;
    Portal portal_ = nullptr;
    uint64 read_ = 0;  // rows
    SPITupleTable *batch_ = nullptr;
};

}  // namespace retry_ledger::pg
