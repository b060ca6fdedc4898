#include "pg/subtransaction.hpp"

namespace retry_ledger::pg {

// PostgreSQL makes the subtransaction's own memory context and resource owner the current ones.  Memory goes
// back to the caller's at once, so that results survive; the resource owner stays, so that a rollback lets go
// of what was opened.
Subtransaction::Subtransaction() : context_(CurrentMemoryContext), owner_(CurrentResourceOwner) {
    pg_call([&] {
        BeginInternalSubTransaction(nullptr);
        MemoryContextSwitchTo(context_);
    });
}

void Subtransaction::close(AtEnd how) {
    pg_call([&] {
        MemoryContextSwitchTo(context_);
        if (how == AtEnd::commit)
            ReleaseCurrentSubTransaction();
        else
            RollbackAndReleaseCurrentSubTransaction();
        MemoryContextSwitchTo(context_);
        CurrentResourceOwner = owner_;
    });
}

PgError Subtransaction::keep(const PgError &error) const {
    return pg_call([&] {
        MemoryContext before = MemoryContextSwitchTo(context_);
        ErrorData *copy = static_cast<ErrorData *>(palloc(sizeof(ErrorData)));
        // ErrorData has no public copy function for data that isn't on the error stack.
        *copy = *error.data;
        char **strings[] = {&copy->message,       &copy->detail,          &copy->detail_log,
                            &copy->hint,          &copy->context,         &copy->backtrace,
                            &copy->schema_name,   &copy->table_name,      &copy->column_name,
                            &copy->datatype_name, &copy->constraint_name, &copy->internalquery};
        for (char **string : strings)
            if (*string != nullptr) *string = pstrdup(*string);
        copy->assoc_context = context_;
        MemoryContextSwitchTo(before);
        return PgError{copy};
    });
}

namespace {

std::string text_or_empty(const char *text) {
    return text != nullptr ? text : "";
}

}  // namespace

Error error_of(const ErrorData &data) {
    Error error;
    error.sqlstate = data.sqlerrcode;
    error.message = text_or_empty(data.message);
    error.detail = text_or_empty(data.detail);
    error.hint = text_or_empty(data.hint);
    error.schema = text_or_empty(data.schema_name);
    error.table = text_or_empty(data.table_name);
    error.column = text_or_empty(data.column_name);
    error.constraint = text_or_empty(data.constraint_name);
    error.is_ours = raised_by_entry(data);
    return error;
}

}  // namespace retry_ledger::pg
