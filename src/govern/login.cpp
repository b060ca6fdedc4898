#include "govern/login.hpp"

namespace retry_ledger::govern {

core::Evidence login_evidence() {
    const Oid login = pg::pg_call([] { return GetAuthenticatedUserId(); });
    const char *name =
        pg::pg_call([&] { return GetUserNameFromId(login, true); });  // dropped meanwhile: none
    return {{"login_role", std::string(name == nullptr ? "" : name)}, {"login_oid", std::int64_t{login}}};
}

bool is_login(const std::optional<std::string> &login_oid) {
    return login_oid == std::to_string(pg::pg_call([] { return GetAuthenticatedUserId(); }));
}

}  // namespace retry_ledger::govern
