#include "work/check.hpp"

#include "core/json.hpp"
#include "core/keys.hpp"
#include "core/reason.hpp"
#include "pg/application.hpp"
#include "pg/fixed_text.hpp"

namespace retry_ledger::work {

namespace {

using govern::Governed;

// A record of some columns, for row_to_json: it writes values as JSON has them.
class Record {
public:
    void add(const std::string &name, Oid type, Datum value, bool null) {
        names_.push_back(name);
        types_.push_back(type);
        values_.push_back(value);
        nulls_.push_back(null);
    }

    // Casts of the columns' types to json are the application's.
    std::string to_json(Oid owner) const {
        pg::AsOwnerRestricted restricted(owner);
        pg::FixedSettings fixed;
        int count = static_cast<int>(names_.size());
        std::vector<const char *> names;
        for (const std::string &name : names_) names.push_back(name.c_str());
        Datum json = pg::pg_call([&] {
            TupleDesc descriptor = CreateTemplateTupleDesc(count);
            for (int i = 0; i < count; i++)
                TupleDescInitEntry(descriptor, static_cast<AttrNumber>(i + 1), names[i], types_[i], -1, 0);
            BlessTupleDesc(descriptor);
            HeapTuple tuple = heap_form_tuple(descriptor, const_cast<Datum *>(values_.data()),
                                              reinterpret_cast<bool *>(const_cast<char *>(nulls_.data())));
            return DirectFunctionCall1(row_to_json, HeapTupleGetDatum(tuple));
        });
        return std::string(pg::varlena_view(json));
    }

private:
    std::vector<std::string> names_;
    std::vector<Oid> types_;
    std::vector<Datum> values_;
    std::vector<char> nulls_;
};

// The tenant is one of them where the table has one.
std::vector<std::string> input_names(const Governed &table) {
    std::vector<std::string> names = table.inputs.strings();
    if (table.tenant && !table.inputs.contains(table.tenant.name.view()))
        names.push_back(table.tenant.name.string());
    return names;
}

void add_column(Record &record, const std::string &name, HeapTuple row, TupleDesc descriptor) {
    int number = pg::pg_call([&] { return SPI_fnumber(descriptor, name.c_str()); });
    if (number <= 0) return;
    bool null;
    Datum value = pg::pg_call([&] { return heap_getattr(row, number, descriptor, &null); });
    record.add(name, pg::pg_call([&] { return SPI_gettypeid(descriptor, number); }), value, null);
}

// At the end of a character.
std::string clipped(const std::string &text, size_t bytes) {
    int end = pg::pg_call(
        [&] { return pg_mbcliplen(text.c_str(), static_cast<int>(text.size()), static_cast<int>(bytes)); });
    return text.substr(0, static_cast<size_t>(end));
}

core::Refusal refusal_of(const Governed &table, const Candidate &candidate, const std::string &said) {
    std::string why = clipped(said, core::max_reason_bytes);
    return {core::Token::invalid_request,
            core::format("a retry of run {} is refused: {}", core::shortened(candidate.parent_key), why),
            {{"run_id", core::shortened(candidate.parent_key)},
             {"run_table", table.table_name.string()},
             {"check_function", *table.work->check_function},
             {"reason", why}},
            "The application's check function has something against it."};
}

}  // namespace

bool has_check(const Governed &table) {
    return table.work != nullptr && table.work->check_function;
}

std::string inputs_of(const Governed &table, const retry::VisibleRun &run,
                      const retry::Overrides &overrides) {
    Record record;
    for (const std::string &name : input_names(table)) {
        auto chosen = overrides.find(name);
        if (chosen == overrides.end())
            add_column(record, name, run.row.tuple(run.index), run.row.descriptor());
        else
            record.add(name, chosen->second.param.type, chosen->second.param.value,
                       chosen->second.param.null);
    }
    return record.to_json(pg::owner_of(table.root));
}

std::string inputs_of(const Governed &table, HeapTuple row, TupleDesc descriptor) {
    Record record;
    for (const std::string &name : input_names(table)) add_column(record, name, row, descriptor);
    return record.to_json(pg::owner_of(table.root));
}

std::vector<std::optional<core::Refusal>> check_requests(const Governed &table,
                                                         const std::vector<Candidate> &candidates) {
    std::vector<std::optional<core::Refusal>> refusals(candidates.size());
    if (!has_check(table) || candidates.empty()) return refusals;
    std::vector<std::string> documents;
    for (const Candidate &candidate : candidates)
        documents.push_back(core::to_json({{"run_id", candidate.parent_key},
                                           {"attempt", std::int64_t{candidate.attempt}},
                                           {"reason", candidate.reason},
                                           {"run", core::Json{candidate.inputs}}}));
    auto answers = pg::call_application(pg::owner_of(table.root), *table.work->check_function, documents);
    for (size_t i = 0; i < candidates.size(); i++)
        if (answers[i] && !answers[i]->empty()) refusals[i] = refusal_of(table, candidates[i], *answers[i]);
    return refusals;
}

}  // namespace retry_ledger::work
