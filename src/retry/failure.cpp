// classify_failure, and the class that a decision asks for.
#include "retry/failure.hpp"

#include "retry/resolve.hpp"

namespace retry_ledger::retry {

namespace {

// Of a text stored out of line only the pieces that are looked at are fetched; see core::seen_part.
std::string seen_part_of_text(Datum text) {
    std::size_t size = pg::pg_call([&] { return toast_raw_datum_size(text); }) - VARHDRSZ;
    if (size <= core::max_seen_text) return std::string(pg::varlena_view(text));
    int head = static_cast<int>(core::seen_head(core::max_seen_text));
    int tail = static_cast<int>(core::max_seen_text) - head;
    std::string part = pg::text_slice(text, 0, head - 1);
    part.push_back('\n');
    return part + pg::text_slice(text, static_cast<int>(size) - tail, tail);
}

std::string seen_part(Oid type, Datum value) {
    Oid base = pg::pg_call([&] { return getBaseType(type); });
    return base == TEXTOID || base == VARCHAROID ? seen_part_of_text(value) : pg::output_text(type, value);
}

}  // namespace

core::TextEncoding text_encoding() {
    return pg::pg_call([] { return GetDatabaseEncoding() == PG_UTF8; }) ? core::TextEncoding::utf8
                                                                        : core::TextEncoding::bytes;
}

// Compiled at its first use and kept for the life of the process: milliseconds, and a few megabytes.
const core::Classifier &builtin_classifier() {
    static const core::Classifier *made = nullptr;
    if (made == nullptr) made = new core::Classifier();
    return *made;
}

const core::Classifier &classifier_of(govern::Governed &table) {
    if (table.policy->failure_rules.empty()) return builtin_classifier();
    if (table.classifier != nullptr) return *table.classifier;
    auto *callback = static_cast<MemoryContextCallback *>(
        pg::pg_call([&] { return MemoryContextAllocZero(table.context, sizeof(MemoryContextCallback)); }));
    auto *made = new core::Classifier(table.policy->failure_rules, text_encoding());
    callback->func = [](void *argument) { delete static_cast<core::Classifier *>(argument); };
    callback->arg = made;
    MemoryContextRegisterResetCallback(table.context, callback);  // raises nothing
    table.classifier = made;
    return *made;
}

std::optional<std::string> failure_class_of(govern::Governed &table, const VisibleRun &run) {
    if (!table.error) return std::nullopt;
    bool null;
    int column = pg::pg_call([&] { return SPI_fnumber(run.row.descriptor(), table.error.name.data); });
    Datum value = run.row.value(run.index, column, &null);
    if (null) return std::nullopt;
    return classifier_of(table).classify(seen_part(table.error.type, value));
}

}  // namespace retry_ledger::retry

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(classify_failure) {
    return pg::entry([&]() -> Datum {
        govern::GovernedRef table;
        if (!PG_ARGISNULL(1))
            table = retry::require_run_table(pg::home_of(fcinfo->flinfo->fn_oid), PG_GETARG_OID(1));
        if (PG_ARGISNULL(0)) PG_RETURN_NULL();
        const core::Classifier &classifier =
            table ? retry::classifier_of(*table) : retry::builtin_classifier();
        auto failure_class = classifier.classify(retry::seen_part_of_text(PG_GETARG_DATUM(0)));
        if (!failure_class) PG_RETURN_NULL();
        return pg::text_datum(*failure_class);
    });
}
