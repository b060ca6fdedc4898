// Values as text, the same whoever's session asks.
//
// What output functions write goes by settings: under extra_float_digits = -15 the text of 0.14 is that of
// 0.123456.  Whatever is hashed, compared or priced by text is written under fixed ones.
#pragma once

#include "pg/spi.hpp"

namespace retry_ledger::pg {

// What output functions heed, fixed for the time of a scope.
class FixedSettings : public LocalSettings {
public:
    FixedSettings();
};

// A value as its type's output function writes it, whatever the settings.
std::string_view fixed_text(Oid type, Datum value);

}  // namespace retry_ledger::pg
