// The history that a table finds under its name, compared with its rows.
#pragma once

#include <set>

#include "govern/adopt_steps.hpp"
#include "pg/cursor.hpp"

namespace retry_ledger::govern {

// The runs that links, ends and checkpoints under the table's name speak of, in the order of their keys as
// bytes, beside the rows of the table in the same order.  Refuses rows that can't be those runs.
class HistoryScan {
public:
    explicit HistoryScan(Adopting &adopting);
    void meet(const std::string &key, const MaybeText &parent);  // the next row
    void finish();                                               // there are no more
    int64 gone() const { return gone_; }

private:
    struct Fact {
        std::string key;
        MaybeText parent, child;  // whom it retries, or who retries it
    };

    void advance();
    void miss(const Fact &fact);
    void keep_keys();
    [[noreturn]] void refuse_missing(const Fact &fact) const;
    [[noreturn]] void refuse_contradiction(const std::string &detail) const;

    Adopting &a_;
    std::optional<pg::Cursor> cursor_;  // none: there is no history
    std::vector<Fact> facts_;           // the batch that was read last, and where we are in it
    size_t at_ = 0;
    int64 gone_ = 0;
    std::string last_gone_;
    Names keys_;                                             // that are gone, not kept yet
    std::set<std::string> gone_of_links_;                    // keys
    std::vector<std::pair<std::string, std::string>> lost_;  // links whose retry is gone: parent and retry
};

}  // namespace retry_ledger::govern
