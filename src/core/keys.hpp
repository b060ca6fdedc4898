// What a text can be the key of, without asking PostgreSQL: its input functions raise, and raising is dear.
#pragma once

#include <string>
#include <string_view>

namespace retry_ledger::core {

enum class KeyType { uuid, int2, int4, int8, text };

// Whether `text` has the shape of such a key.  Text always has.
bool can_be_key(KeyType type, std::string_view text);

// At most 100 bytes, cut at a character: what a message says of a value that a caller passed.
std::string shortened(std::string_view text);

}  // namespace retry_ledger::core
