#include "govern/redaction.hpp"

namespace retry_ledger::govern {

namespace {

std::string lock_name(std::string_view table, std::string_view run_key) {
    return core::format("redaction {} {}", table, pg::lock_number(run_key));
}

}  // namespace

void hold_off_redaction(const pg::Home &home, std::string_view table, std::string_view run_key) {
    pg::lock_name_shared(home, lock_name(table, run_key));
}

void hold_off_retries(const pg::Home &home, std::string_view table, std::string_view run_key) {
    pg::lock_name(home, lock_name(table, run_key));
}

}  // namespace retry_ledger::govern
