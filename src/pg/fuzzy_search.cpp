#include "pg/fuzzy_search.hpp"

#include "pg/error.hpp"

extern "C" {
#include "access/gin.h"
#include "access/parallel.h"
#include "catalog/pg_am.h"
#include "utils/plancache.h"
}

namespace retry_ledger::pg {

namespace {

bool (*matters_here)() = nullptr;
GucIntCheckHook next_check = nullptr;
GucIntAssignHook next_assign = nullptr;

// What a session begins with may be 0: then RESET doesn't lead back to anything else.  A worker has what its
// leader has, and a test of the value (CREATE FUNCTION … SET, ALTER ROLE … SET) sets nothing.
bool may_become(int value, GucSource source) {
    if (value == GinFuzzySearchLimit || InitializingParallelWorker || source == PGC_S_TEST) return true;
    return value == 0 && source <= PGC_S_OVERRIDE;
}

bool check(int *value, void **extra, GucSource source) {
    if (next_check && !next_check(value, extra, source)) return false;
    bool held = false;
    (void)entry([&]() -> Datum {
        held = !may_become(*value, source) && matters_here();
        return Datum(0);
    });
    if (!held) return true;
    GUC_check_errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE);
    GUC_check_errdetail(
        "A table of this database is locked: a session keeps the value that it began with, by which GIN "
        "indexes leave rows out.");
    GUC_check_errhint("Sessions of other databases may set it.");
    return false;
}

void assign(int value, void *extra) {
    if (value != GinFuzzySearchLimit) ResetPlanCache();
    if (next_assign) next_assign(value, extra);
}

}  // namespace

void hold_fuzzy_search(bool (*matters)()) {
    config_int *setting = pg_call([] { return compat::find_integer_setting("gin_fuzzy_search_limit"); });
    matters_here = matters;
    next_check = std::exchange(setting->check_hook, check);
    next_assign = std::exchange(setting->assign_hook, assign);
}

bool finds_at_random(Oid method) {
    if (GinFuzzySearchLimit <= 0) return false;
    HeapTuple tuple = SearchSysCache1(AMOID, ObjectIdGetDatum(method));
    if (!HeapTupleIsValid(tuple)) return false;
    const bool gin = reinterpret_cast<Form_pg_am>(GETSTRUCT(tuple))->amhandler == F_GINHANDLER;
    ReleaseSysCache(tuple);
    return gin;
}

}  // namespace retry_ledger::pg
