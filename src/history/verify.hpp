// Trying out a governed table: what each try found, and the tries that all kinds of tables share.
#pragma once

#include "govern/governed.hpp"
#include "pg/subtransaction.hpp"

namespace retry_ledger::history {

struct Check {
    std::string name;
    std::optional<bool> passed;  // none: it couldn't be tried
    std::string detail;
};

// Checks in the order in which they were announced; each has one result, the first that it was given.
class Report {
public:
    explicit Report(const std::vector<std::string> &names);
    void pass(const std::string &name, const std::string &detail) { set(name, true, detail); }
    void fail(const std::string &name, const std::string &detail) { set(name, false, detail); }
    void skip(const std::string &name, const std::string &why) { set(name, std::nullopt, "skipped: " + why); }
    void skip_rest(const std::string &why);
    // Failed, or skipped where the error only says that the caller may not.
    void error(const std::string &name, const pg::Error &error);
    const std::vector<Check> &checks() const { return checks_; }

private:
    void set(const std::string &name, std::optional<bool> passed, const std::string &detail);
    std::vector<Check> checks_;
    std::vector<bool> settled_;
};

// "SQLSTATE: message"
std::string in_words(const pg::Error &error);
bool is_refusal(const pg::Error &error, core::Token token);
// The error says nothing about the table: the caller may not, or a lock wasn't to be had.
bool hinders_trying(const pg::Error &error);

// Runs a statement that the guards must refuse, and undoes it.
void try_forbidden(Report &report, const std::string &name, const std::string &sql,
                   const std::vector<pg::Param> &params);
void try_truncate(Report &report, const std::string &name, const govern::Governed &table);

// What a kind of table is tried for.  Each trial leaves the report complete.
extern const char *const check_columns, *const check_guards, *const check_update, *const check_delete,
                                                                                      *const check_truncate;
std::vector<std::string> run_checks();
std::vector<std::string> file_checks();
std::vector<std::string> row_checks(govern::Kind kind);
void try_runs(const pg::Home &home, govern::Governed &table, Report &report);
void try_files(const pg::Home &home, govern::Governed &table, Report &report);
void try_rows(const pg::Home &home, govern::Governed &table, Report &report);

}  // namespace retry_ledger::history
