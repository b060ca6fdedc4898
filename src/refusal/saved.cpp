// A file with a head that says what it is, then one refusal after the other as it lay in memory.  It is there
// only while the server is down: whoever reads it removes it first, so that nothing is written twice.
#include "refusal/saved.hpp"

#include "refusal/queue.hpp"

namespace retry_ledger::refusal {

namespace {

constexpr const char *file = "pg_stat/retry_ledger.refusals", *new_file = "pg_stat/retry_ledger.refusals.tmp";

struct Head {
    char what[24];
    uint32 server_major, refusal_size;
    int64 written, dropped, discarded, waiting;
};

// `what` changes whenever the meaning of Waiting does.
Head head_of(const Contents &contents) {
    Head head = {};
    strlcpy(head.what, "retry_ledger refusals 1", sizeof head.what);
    head.server_major = PG_MAJORVERSION_NUM;
    head.refusal_size = sizeof(Waiting);
    head.written = contents.written;
    head.dropped = contents.dropped;
    head.discarded = contents.discarded;
    head.waiting = static_cast<int64>(contents.waiting.size());
    return head;
}

bool is_ours(const Head &head) {
    Head expected = head_of({});
    return memcmp(head.what, expected.what, sizeof head.what) == 0 &&
           head.server_major == expected.server_major && head.refusal_size == expected.refusal_size;
}

void log_failure(const char *what) {
    int reason = errno;
    pg::pg_call([&] {
        errno = reason;
        ereport(LOG, (errcode_for_file_access(), errmsg("could not %s file \"%s\": %m", what, file)));
    });
}

FILE *open(const char *name, const char *mode) {
    return pg::pg_call([&] { return AllocateFile(name, mode); });
}

bool write(FILE *out, const void *data, size_t size) {
    return fwrite(data, 1, size, out) == size;
}

bool write_all(const Contents &contents) {
    FILE *out = open(new_file, PG_BINARY_W);
    if (out == nullptr) return false;
    Head head = head_of(contents);
    bool written = write(out, &head, sizeof head);
    for (const Waiting &refusal : contents.waiting) written = written && write(out, &refusal, sizeof refusal);
    return pg::pg_call([&] { return FreeFile(out); }) == 0 && written;
}

void save() {
    if (!has_queue() || !was_left_in_order()) return;
    if (!write_all(contents())) {
        log_failure("write");
        unlink(new_file);
        return;
    }
    pg::pg_call([] { (void)durable_rename(new_file, file, LOG); });
}

// After a crash the memory may be anything, and so it may after an immediate shutdown, which has code 0.
void save_at_exit(int code, Datum) {
    if (code != 0) return;
    (void)pg::entry([]() -> Datum {
        save();
        return Datum(0);
    });
}

std::optional<Contents> read_all(FILE *in) {
    Head head;
    if (fread(&head, 1, sizeof head, in) != sizeof head || !is_ours(head)) return std::nullopt;
    Contents contents{head.written, head.dropped, head.discarded, {}};
    Waiting refusal;
    for (int64 i = 0; i < head.waiting; i++) {
        if (fread(&refusal, 1, sizeof refusal, in) != sizeof refusal) return std::nullopt;
        contents.waiting.push_back(refusal);
    }
    return contents;
}

void load() {
    FILE *in = open(file, PG_BINARY_R);
    if (in == nullptr) {
        if (errno != ENOENT) log_failure("read");
        return;
    }
    std::optional<Contents> contents = read_all(in);
    pg::pg_call([&] { (void)FreeFile(in); });
    pg::pg_call([] { (void)durable_unlink(file, LOG); });
    if (contents)
        restore(*contents);
    else
        pg::pg_call([] {
            ereport(LOG, (errcode(ERRCODE_DATA_CORRUPTED),
                          errmsg("ignoring file \"%s\": it is damaged or of another version", file)));
        });
}

}  // namespace

void keep_over_restarts() {
    if (has_queue()) load();
    pg::pg_call([] { on_shmem_exit(save_at_exit, Datum(0)); });
}

}  // namespace retry_ledger::refusal
