// SQL from C++: a connection as a scope, parameters, results, kept plans.
#pragma once

#include "pg/text.hpp"

namespace retry_ledger::pg {

// SPI for the time of a scope.  After an error the connection is left to the (sub)transaction's abort,
// which knows how far SPI had got.
class SpiScope {
public:
    SpiScope();
    ~SpiScope();
    SpiScope(const SpiScope &) = delete;
    SpiScope &operator=(const SpiScope &) = delete;

private:
    int exceptions_;
};

// What is set within a scope, by us or by what we call, goes with it.
class LocalSettings {
public:
    LocalSettings();
    ~LocalSettings();
    LocalSettings(const LocalSettings &) = delete;

protected:
    static void set(const char *name, const char *value);

private:
    int exceptions_, nest_level_;
};

// A setting for the time of a scope, and names quoted only where needed: they are keys of ours.
class LocalSetting : public LocalSettings {
public:
    LocalSetting(const char *name, const char *value);
};

// Boolean settings that are off for the time of a scope.
class SwitchedOff : public LocalSettings {
public:
    explicit SwitchedOff(std::initializer_list<const char *> names) {
        for (const char *name : names) set(name, "off");
    }
};

// search_path = pg_catalog, pg_temp for the time of a scope: our own lookups.
class PinnedSearchPath : LocalSetting {
public:
    PinnedSearchPath() : LocalSetting("search_path", "pg_catalog, pg_temp") {}
};

// Acting as `role` for the time of a scope, with a pinned search_path.
class AsRole {
public:
    explicit AsRole(Oid role) : AsRole(role, 0) {}
    ~AsRole();
    AsRole(const AsRole &) = delete;

protected:
    AsRole(Oid role, int restrictions);

private:
    Oid user_;
    int context_;
    bool ours_;
    PinnedSearchPath path_;
};

// Whether we act as the extension's owner at this moment, who runs our own statements only.
bool acting_as_ourselves();

// The same for code of the application that its owner answers for, not whoever calls: as PostgreSQL runs an
// index's functions.  It can't become another role, nor leave a cursor, a temporary table or a setting
// behind.
class AsOwnerRestricted : public AsRole {
public:
    explicit AsOwnerRestricted(Oid owner) : AsRole(owner, SECURITY_RESTRICTED_OPERATION) {}
};

struct Param {
    Oid type;
    Datum value;
    bool null = false;
};
Param text_param(std::string_view text);
inline Param text_param(const std::string &text) {
    return text_param(std::string_view(text));
}
Param text_param(const std::optional<std::string> &text);
Param text_array_param(const std::vector<std::string> &elements);
inline Param int_param(int32 value) {
    return {INT4OID, Int32GetDatum(value)};
}
inline Param bool_param(bool value) {
    return {BOOLOID, BoolGetDatum(value)};
}
inline Param oid_param(Oid value) {
    return {OIDOID, ObjectIdGetDatum(value)};
}
inline Param regclass_param(Oid value) {
    return {REGCLASSOID, ObjectIdGetDatum(value)};
}
Param name_param(const std::optional<std::string> &name);
Param name_array_param(const std::vector<std::string> &names);
Param jsonb_param(const std::optional<std::string> &json);
// An array of the values of this type that the texts denote; varchar's is one of text.
Param array_of(Oid type, const std::vector<std::string> &texts);

// What a statement returned.  Lives as long as its SpiScope.  Columns count from 1, rows from 0.
class Rows {
public:
    Rows() = default;
    Rows(SPITupleTable *table, uint64 processed) : table_(table), processed_(processed) {}
    uint64 size() const { return processed_; }
    bool empty() const { return processed_ == 0; }
    Datum value(uint64 row, int column, bool *null) const;
    bool is_null(uint64 row, int column) const;
    std::optional<std::string> text(uint64 row, int column) const;  // by the type's output function
    std::string string(uint64 row, int column) const { return text(row, column).value_or(""); }
    int64 integer(uint64 row, int column) const;  // of int2, int4, int8, oid or regclass
    bool boolean(uint64 row, int column) const;
    std::vector<std::string> array(uint64 row, int column) const;  // of text[] or name[]; NULL is empty
    HeapTuple tuple(uint64 row) const { return table_->vals[row]; }
    TupleDesc descriptor() const { return table_->tupdesc; }

private:
    SPITupleTable *table_ = nullptr;
    uint64 processed_ = 0;
};

enum class See {
    transaction,  // what the transaction's isolation level shows
    latest,       // everything committed by now, whatever the isolation level
    statement,    // what the statement that calls us sees; for reading only
};

// Parses, plans and runs one statement, once.
Rows run(const std::string &sql, const std::vector<Param> &params = {}, See see = See::transaction);

// The same, seeing everything committed by now, whatever the isolation level.
Rows run_latest(const std::string &sql, const std::vector<Param> &params = {});

// A statement that writes, seeing the same, whatever the isolation level.
Rows write_latest(const std::string &sql, const std::vector<Param> &params = {});

// The same, but of our own transaction only what it had done before the command `started`: how things would
// be now, had nothing run since then.
Rows run_as_of(CommandId started, const std::string &sql, const std::vector<Param> &params = {});

// A statement that is kept for the life of the backend, or until free_plan.
enum class Plan {
    automatic,
    generic,  // one plan for all parameters, made once
    custom,   // made anew each time: for many keys, whose best plan depends on the table's size by then
};
SPIPlanPtr prepare_kept(const std::string &sql, const std::vector<Oid> &types, Plan plan = Plan::automatic);
void free_plan(SPIPlanPtr plan) noexcept;

// Makes the plan of a generic statement, unless it is there, with these settings off.  The triggers that it
// fires when it is run don't find them so.
void plan_without(SPIPlanPtr plan, std::initializer_list<const char *> settings);

Rows run(SPIPlanPtr plan, const std::vector<Param> &params, See see = See::transaction, long limit = 0);
Rows write_latest(SPIPlanPtr plan, const std::vector<Param> &params);

}  // namespace retry_ledger::pg
