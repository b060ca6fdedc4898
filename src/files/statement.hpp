// What the current statement does to files, gathered row by row and settled at its end: row triggers see each
// row wherever it is inserted, partitions included, and one statement trigger does what can be done for all.
#pragma once

#include "credits/credits.hpp"
#include "files/fan_in.hpp"
#include "pg/moment.hpp"

namespace retry_ledger::files {

// A run whose files the statement has touched.
struct TouchedRun {
    RunState state;
    FileCount change;
    std::vector<std::pair<std::string, std::string>> born;  // keys and indexes, where they become work
};

// A file that a new one retries, as it was seen.
struct ParentFile {
    std::string run, index, status;
    std::optional<std::string> tenant;
    int attempt = 1;
};

// The run of a file that was changed or born by the command `changed_at`: refuses if it had ended by then.
// `run` is the value of the file's run column.
TouchedRun &touch(const pg::Home &home, govern::Governed &files, Datum run, bool is_null,
                  CommandId changed_at);

// Takes what files of a retry cost.  RETRY_NOT_ALLOWED_STATE if functions of the application have made it
// void by now, and given back what had been charged so far.
void charge_files(const pg::Home &home, govern::Governed &runs, const credits::Charge &charge);

[[noreturn]] void refuse_unknown_run(const govern::Governed &files, const std::string &key);

// Files that retry_failed_files inserts: it has decided about them, and looks at them again, counts what they
// retry and charges for it when they are there.
struct FunctionTerms {
    std::string new_run;
    std::optional<TimestampTz> not_before;  // when their work may be handed out
};

struct InsertedByFunction {
    Oid files = InvalidOid;
    FunctionTerms terms;
    pg::Moment since{};
};

// For the time of a scope, and for the rows of its own statement: triggers of the INSERT may call the
// function within it, for other files, or insert rows themselves, which nobody has decided about.
class FunctionInsert {
public:
    FunctionInsert(Oid files, FunctionTerms terms);
    ~FunctionInsert();
    FunctionInsert(const FunctionInsert &) = delete;
    static bool covers(Oid files, const std::string &run);
    static bool covers(Oid files);

private:
    InsertedByFunction outer_;
};

// What is known of parents, from the BEFORE to the AFTER trigger of a row that the command `written_by` has
// written.
void remember_parent(Oid files, const std::string &key, ParentFile parent);
std::optional<ParentFile> take_parent(Oid files, const std::string &key, CommandId written_by);

// At the end of a statement on `files`: counts, and the ends of runs whose last file has ended.
void settle(const pg::Home &home, Oid files);

}  // namespace retry_ledger::files
