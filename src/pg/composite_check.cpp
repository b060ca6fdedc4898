#include "pg/composite_check.hpp"

#include "pg/error.hpp"

namespace retry_ledger::pg {

namespace {

constexpr const char *setting_name = "composite_type_mismatch";
int safe_value = 0;
GucEnumCheckHook next_check = nullptr;

bool check(int *value, void **extra, GucSource source) {
    if (next_check && !next_check(value, extra, source)) return false;
    if (*value == safe_value) return true;
    GUC_check_errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE);
    GUC_check_errdetail(
        "retry_ledger is preloaded: a session that reads values as what they aren't could write to its own "
        "memory, and switch off what guards locked tables.");
    GUC_check_errhint("It stays \"error\".");
    return false;
}

}  // namespace

// What stood in the configuration before the library was loaded isn't taken.
void hold_composite_check() {
    pg_call([] {
        if (GetConfigOption(setting_name, true, false) == nullptr) return;
        config_enum *setting = compat::find_enum_setting(setting_name);
        safe_value = setting->boot_val;
        if (*setting->variable != safe_value) {
            SetConfigOption(setting_name, config_enum_lookup_by_value(setting, safe_value), PGC_POSTMASTER,
                            PGC_S_OVERRIDE);
            ereport(WARNING,
                    (errmsg("retry_ledger: %s is \"error\", whatever the configuration says", setting_name)));
        }
        next_check = std::exchange(setting->check_hook, check);
    });
}

}  // namespace retry_ledger::pg
