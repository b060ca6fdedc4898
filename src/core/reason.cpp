#include "core/reason.hpp"

#include "core/format.hpp"

namespace retry_ledger::core {

std::optional<Refusal> refuse_reason(const std::string &reason) {
    if (reason.empty())
        return Refusal{
            Token::invalid_reason, "the reason is empty", {}, "Say why: the reason is kept on the ledger."};
    if (reason.size() > max_reason_bytes)
        return Refusal{Token::invalid_reason,
                       format("the reason has {} bytes and may have {}", reason.size(), max_reason_bytes),
                       {{"bytes", static_cast<std::int64_t>(reason.size())}},
                       "Keep long evidence elsewhere and name it in the reason."};
    return std::nullopt;
}

}  // namespace retry_ledger::core
