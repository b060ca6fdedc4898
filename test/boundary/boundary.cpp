// Functions that fail on purpose, to prove what src/pg promises: errors cross the boundary between C++ and
// PostgreSQL both ways with every field, every destructor runs, nothing leaks, the backend stays usable.
#include <fstream>
#include <stdexcept>

#include "pg/error.hpp"
#include "pg/spi.hpp"
#include "pg/subtransaction.hpp"

extern "C" {
PG_MODULE_MAGIC;
}

using namespace retry_ledger;

namespace {

// Counts itself: what a longjmp skips stays alive for ever.
int64 constructed = 0, destroyed = 0;

class Counted {
public:
    Counted() : text_(1000, 'x') { constructed++; }
    Counted(const Counted &) = delete;
    ~Counted() { destroyed++; }

private:
    std::string text_;  // on the heap, so that a leak shows in the process as well
};

Datum record(FunctionCallInfo fcinfo, const std::vector<std::optional<std::string>> &values) {
    std::vector<const char *> strings;
    for (const auto &value : values) strings.push_back(value ? value->c_str() : nullptr);
    return pg::pg_call([&] {
        TupleDesc descriptor;
        if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE)
            elog(ERROR, "a record was expected");
        AttInMetadata *input = TupleDescGetAttInMetadata(BlessTupleDesc(descriptor));
        return HeapTupleGetDatum(BuildTupleFromCStrings(input, const_cast<char **>(strings.data())));
    });
}

// Not pg::home_of: that one answers for the functions of the extension only.
Oid owner_of(Oid function) {
    return pg::pg_call([&] {
        HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
        if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for function %u", function);
        const Oid owner = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->proowner;
        ReleaseSysCache(tuple);
        return owner;
    });
}

std::optional<std::string> or_null(const std::string &text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

void throw_postgres_error() {
    pg::pg_call([] {
        ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg("message"), errdetail("Detail."),
                        errhint("Hint."), err_generic_string(PG_DIAG_SCHEMA_NAME, "schema"),
                        err_generic_string(PG_DIAG_TABLE_NAME, "table"),
                        err_generic_string(PG_DIAG_COLUMN_NAME, "column"),
                        err_generic_string(PG_DIAG_DATATYPE_NAME, "datatype"),
                        err_generic_string(PG_DIAG_CONSTRAINT_NAME, "constraint")));
    });
}

void throw_refusal() {
    throw pg::to_error(core::Refusal{core::Token::already_retried,
                                     "run 42 has a live retry",
                                     {{"run_id", std::string("42")}, {"attempt", std::int64_t{2}}},
                                     "Retry the retry."});
}

void throw_kind(const std::string &kind) {
    Counted object;
    if (kind == "postgres") throw_postgres_error();
    if (kind == "refusal") throw_refusal();
    if (kind == "error")
        throw pg::Error{pg::ERRCODE_GOVERNANCE_VIOLATION,
                        "message: 100%s",
                        "Detail: %d.",
                        "Hint: %n.",
                        "schema",
                        "table",
                        "column",
                        "constraint"};
    if (kind == "bare error") throw pg::Error{};
    if (kind == "long error") throw pg::Error{ERRCODE_DATA_EXCEPTION, std::string(5 << 20, 'm')};
    if (kind == "long umlauts") {
        std::string text = "m";
        while (text.size() < (5 << 20)) text += "\xc3\xbc";
        throw pg::Error{ERRCODE_DATA_EXCEPTION, text};
    }
    if (kind == "bad_alloc") throw std::bad_alloc();
    if (kind == "huge allocation") throw std::length_error(std::string(100, 'l'));
    if (kind == "std::exception") throw std::runtime_error("what the exception says: 100%s");
    if (kind == "int") throw 42;
}

void third_frame(const std::string &sql) {
    Counted object;
    pg::run(sql);
}

void second_frame(const std::string &sql) {
    Counted first, second;
    third_frame(sql);
}

void first_frame(const std::string &sql) {
    pg::SpiScope spi;
    std::vector<std::unique_ptr<Counted>> many;
    for (int i = 0; i < 10; i++) many.push_back(std::make_unique<Counted>());
    second_frame(sql);
}

}  // namespace

// Fails in the way that is named.
RETRY_LEDGER_FUNCTION(boundary_throw) {
    return pg::entry([&]() -> Datum {
        throw_kind(*pg::text_argument(fcinfo, 0));
        return Datum(0);
    });
}

// Runs `sql` below three C++ frames, 13 objects alive among them.
RETRY_LEDGER_FUNCTION(boundary_frames) {
    return pg::entry([&]() -> Datum {
        first_frame(*pg::text_argument(fcinfo, 0));
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(boundary_live_objects) {
    return pg::entry([&] {
        return record(fcinfo, {std::to_string(constructed), std::to_string(constructed - destroyed)});
    });
}

// Runs `sql` through SPI: the first value of its first row, as text.
RETRY_LEDGER_FUNCTION(boundary_run) {
    return pg::entry([&]() -> Datum {
        Counted object;
        std::optional<std::string> value;
        {
            pg::SpiScope spi;
            pg::Rows rows = pg::run(*pg::text_argument(fcinfo, 0));
            if (!rows.empty()) value = rows.text(0, 1);
        }
        if (value) return pg::text_datum(*value);
        fcinfo->isnull = true;
        return Datum(0);
    });
}

// Runs `sql` in a subtransaction and returns what stopped it.  Afterwards SPI must be usable at once.
RETRY_LEDGER_FUNCTION(boundary_try) {
    return pg::entry([&] {
        std::string sql = *pg::text_argument(fcinfo, 0);
        pg::AtEnd at_end = PG_GETARG_BOOL(1) ? pg::AtEnd::commit : pg::AtEnd::roll_back;
        pg::SpiScope outer;
        std::optional<pg::Error> failure = pg::try_in_subtransaction(at_end, [&] {
            Counted object;
            pg::AsRole owner(owner_of(fcinfo->flinfo->fn_oid));
            pg::SpiScope spi;
            pg::run(sql);
        });
        if (pg::run("SELECT 1").size() != 1) throw std::logic_error("SPI is unusable");
        pg::Error none;
        none.sqlstate = 0;
        const pg::Error &e = failure ? *failure : none;
        std::string sqlstate = pg::pg_call([&] { return unpack_sql_state(e.sqlstate); });
        return record(fcinfo,
                      {sqlstate, or_null(e.message), or_null(e.detail), or_null(e.hint), or_null(e.schema),
                       or_null(e.table), or_null(e.column), or_null(e.constraint)});
    });
}

// Where an error of `sql` says that it was raised, after it has crossed the boundary.
RETRY_LEDGER_FUNCTION(boundary_location) {
    return pg::entry([&]() -> Datum {
        std::string sql = *pg::text_argument(fcinfo, 0), file, function, context;
        (void)pg::try_in_subtransaction(pg::AtEnd::roll_back, [&] {
            pg::SpiScope spi;
            try {
                pg::run(sql);
            } catch (const pg::PgError &error) {
                file = error.data->filename;
                function = error.data->funcname;
                context = error.data->context != nullptr ? error.data->context : "";
                throw;
            }
        });
        return record(fcinfo, {file.substr(file.rfind('/') + 1), function, context});
    });
}

// Bytes in all memory contexts of the backend, and bytes that the process keeps in memory.
RETRY_LEDGER_FUNCTION(boundary_memory) {
    return pg::entry([&] {
        uint64 contexts = pg::pg_call(
            [] { return static_cast<uint64>(MemoryContextMemAllocated(TopMemoryContext, true)); });
        uint64 pages = 0, resident = 0;
#ifndef __SANITIZE_ADDRESS__  // which keeps freed memory on purpose
        std::ifstream("/proc/self/statm") >> pages >> resident;
#endif
        return record(fcinfo, {std::to_string(contexts), std::to_string(resident * 4096)});
    });
}

// Role and search_path inside and after the scopes that change them, with `sql` run inside.
RETRY_LEDGER_FUNCTION(boundary_scopes) {
    return pg::entry([&]() -> Datum {
        auto now = [] {
            pg::SpiScope spi;
            return pg::run("SELECT current_user || ' ' || current_setting('search_path')").string(0, 1);
        };
        std::string before = now(), inside;
        {
            pg::AsRole owner(owner_of(fcinfo->flinfo->fn_oid));
            pg::SpiScope spi;
            inside = pg::run(*pg::text_argument(fcinfo, 0)).string(0, 1);
        }
        if (now() != before) throw std::logic_error("role or search_path stayed changed");
        return pg::text_datum(inside);
    });
}

RETRY_LEDGER_FUNCTION(boundary_any) {
    return pg::entry([&]() -> Datum {
        std::optional<std::string> value = pg::any_argument(fcinfo, 0);
        if (value) return pg::text_datum(*value);
        fcinfo->isnull = true;
        return Datum(0);
    });
}
