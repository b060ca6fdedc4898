#include "pg/cursor.hpp"

#include "pg/planner.hpp"

extern "C" {
#include "utils/portal.h"
}

namespace retry_ledger::pg {

TemporaryMemory::TemporaryMemory() : exceptions_(std::uncaught_exceptions()), before_(CurrentMemoryContext) {
    context_ = pg_call([] {
        return AllocSetContextCreate(CurrentMemoryContext, "retry_ledger batch", ALLOCSET_DEFAULT_SIZES);
    });
    MemoryContextSwitchTo(context_);
}

TemporaryMemory::~TemporaryMemory() {
    MemoryContextSwitchTo(before_);
    if (std::uncaught_exceptions() == exceptions_) MemoryContextDelete(context_);
}

// Read-only, so that it reads under the snapshot that is active here: the newest.  Pinned, for an
// application's functions that are run between two batches can name it, and close it.
Cursor::Cursor(const std::string &sql, const std::vector<Param> &params)
    : exceptions_(std::uncaught_exceptions()) {
    std::vector<Oid> types;
    std::vector<Datum> values;
    std::vector<char> nulls;
    for (const Param &param : params) {
        types.push_back(param.type);
        values.push_back(param.value);
        nulls.push_back(param.null ? 'n' : ' ');
    }
    OwnPlanning planning;
    portal_ = pg_call([&] {
        PushActiveSnapshot(GetLatestSnapshot());
        Portal portal =
            SPI_cursor_open_with_args(nullptr, sql.c_str(), static_cast<int>(types.size()), types.data(),
                                      values.data(), nulls.data(), true, CURSOR_OPT_NO_SCROLL);
        PopActiveSnapshot();
        PinPortal(portal);
        return portal;
    });
}

Cursor::~Cursor() {
    if (std::uncaught_exceptions() != exceptions_) return;
    UnpinPortal(portal_);
    SPI_cursor_close(portal_);
}

// A row that somebody else has fetched would be missing.
Rows Cursor::fetch(long count) {
    if (portal_->portalPos != read_)
        throw Error{ERRCODE_INVALID_CURSOR_STATE,
                    core::format("cursor \"{}\" of retry_ledger was moved", portal_->name)};
    pg_call([&] {
        if (batch_ != nullptr) SPI_freetuptable(batch_);
        batch_ = nullptr;
        SPI_cursor_fetch(portal_, true, count);
        batch_ = SPI_tuptable;
    });
    read_ = portal_->portalPos;
    return Rows(batch_, SPI_processed);
}

}  // namespace retry_ledger::pg
