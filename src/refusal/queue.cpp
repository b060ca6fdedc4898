#include "refusal/queue.hpp"

#include <algorithm>

#include "pg/settings.hpp"
#include "refusal/saved.hpp"

namespace retry_ledger::refusal {

namespace {

constexpr const char *tranche = "retry_ledger";

// As many databases can be written to at once: few, since they share max_worker_processes with everybody.
constexpr int most_writers = 4;

// A refusal that can't be written is tried again after 1 s, 2 s, 4 s, … up to a minute: some four minutes in
// all.  That is long enough for a passing trouble, and short enough to give its place to others.
constexpr int most_tries = 10, longest_wait_s = 60;

// A writer that didn't leave by itself isn't started again at once: whoever made it leave (DROP DATABASE)
// needs a moment.  One that was started and never began is taken for lost.
constexpr int64 restart_after_us = 5000000, lost_after_us = 10000000;

struct Writer {
    Oid database;
    bool running;  // from the moment in which it is asked for
    Latch *latch;  // once it has begun
    TimestampTz started_at;
};

struct Shared {
    LWLock *lock;
    Latch *launcher;
    Writer writers[most_writers];
    uint64 last_number;
    int64 written, dropped, discarded;
};

using Queue = core::BoundedQueue<Waiting>;

Shared *shared = nullptr;
Queue *queue = nullptr;

class Locked {
public:
    explicit Locked(LWLockMode mode) {
        pg::pg_call([&] { LWLockAcquire(shared->lock, mode); });
    }
    ~Locked() { LWLockRelease(shared->lock); }
    Locked(const Locked &) = delete;
};

// ---- the memory ----

shmem_request_hook_type next_request_hook = nullptr;
shmem_startup_hook_type next_startup_hook = nullptr;

void request_memory() {
    if (next_request_hook != nullptr) next_request_hook();
    RequestAddinShmemSpace(MAXALIGN(sizeof(Shared)) + MAXALIGN(Queue::bytes(pg::refusal_queue_size())));
    RequestNamedLWLockTranche(tranche, 1);
}

void attach() {
    bool found;
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    shared = static_cast<Shared *>(ShmemInitStruct("retry_ledger refusals", sizeof(Shared), &found));
    queue = static_cast<Queue *>(
        ShmemInitStruct("retry_ledger refusal queue", Queue::bytes(pg::refusal_queue_size()), &found));
    if (!found) {
        memset(static_cast<void *>(shared), 0, sizeof(Shared));
        shared->lock = &GetNamedLWLockTranche(tranche)->lock;
        queue->init(pg::refusal_queue_size());
    }
    LWLockRelease(AddinShmemInitLock);
}

void make_memory() {
    if (next_startup_hook != nullptr) next_startup_hook();
    (void)pg::entry([]() -> Datum {
        pg::pg_call(attach);
        if (!IsUnderPostmaster) keep_over_restarts();
        return Datum(0);
    });
}

// ---- writers; the lock is held ----

Writer *writer_of(Oid database) {
    for (Writer &writer : shared->writers)
        if (writer.database == database) return &writer;
    return nullptr;
}

bool is_running(const Writer &writer, TimestampTz now) {
    return writer.running && (writer.latch != nullptr || now - writer.started_at < lost_after_us);
}

bool may_start(const Writer &writer, TimestampTz now) {
    return !is_running(writer, now) && now - writer.started_at >= restart_after_us;
}

// Whoever floods the queue leaves half of it to others.  Counted only where it matters: a refusal that finds
// it half empty has passed nobody.
bool has_its_share(const Waiting &refusal) {
    int share = (queue->capacity() + 1) / 2, same = 0;
    if (queue->size() < share) return false;
    queue->each([&](const Waiting &other) {
        if (other.database == refusal.database && strcmp(other.session_role, refusal.session_role) == 0)
            same++;
        return same < share;
    });
    return same >= share;
}

void wake(Latch *latch) {
    if (latch != nullptr) SetLatch(latch);
}

TimestampTz next_try(TimestampTz now, int tries) {
    int64 seconds = std::min(int64{longest_wait_s}, int64{1} << std::min(tries, 10));
    return now + seconds * 1000000;
}

}  // namespace

void install_queue() {
    next_request_hook = std::exchange(shmem_request_hook, request_memory);
    next_startup_hook = std::exchange(shmem_startup_hook, make_memory);
}

bool has_queue() {
    return queue != nullptr && queue->capacity() > 0;
}

void put(Waiting &refusal) noexcept {
    try {
        Locked locked(LW_EXCLUSIVE);
        refusal.number = ++shared->last_number;
        if (has_its_share(refusal) || !queue->push(refusal)) shared->dropped++;
        Writer *writer = writer_of(refusal.database);
        wake(writer != nullptr && writer->latch != nullptr ? writer->latch : shared->launcher);
    } catch (...) {  // too many locks: then this one is lost, and the refusal is raised all the same
    }
}

Counts counts() {
    if (queue == nullptr) return {};
    Locked locked(LW_SHARED);
    Counts counts{queue->capacity(), queue->size(),     shared->written,
                  shared->dropped,   shared->discarded, std::nullopt};
    queue->each([&](const Waiting &refusal) {
        counts.oldest = refusal.refused_at;
        return false;
    });
    return counts;
}

void launcher_began() {
    Locked locked(LW_EXCLUSIVE);
    shared->launcher = MyLatch;
}

void launcher_left() {
    Locked locked(LW_EXCLUSIVE);
    shared->launcher = nullptr;
}

std::vector<Oid> databases_without_writer() {
    std::vector<Oid> databases;
    TimestampTz now = GetCurrentTimestamp();
    Locked locked(LW_SHARED);
    queue->each([&](const Waiting &refusal) {
        const Writer *writer = writer_of(refusal.database);
        if (refusal.not_before <= now && (writer == nullptr || may_start(*writer, now)) &&
            std::find(databases.begin(), databases.end(), refusal.database) == databases.end())
            databases.push_back(refusal.database);
        return true;
    });
    return databases;
}

bool reserve_writer(Oid database) {
    TimestampTz now = GetCurrentTimestamp();
    Locked locked(LW_EXCLUSIVE);
    Writer *place = writer_of(database);
    for (Writer &writer : shared->writers) {
        if (place != nullptr) break;
        if (may_start(writer, now)) place = &writer;
    }
    if (place == nullptr || !may_start(*place, now)) return false;
    *place = {database, true, nullptr, now};
    return true;
}

void give_up_writer(Oid database) {
    Locked locked(LW_EXCLUSIVE);
    if (Writer *writer = writer_of(database)) *writer = {};
}

void discard(Oid database) {
    Locked locked(LW_EXCLUSIVE);
    shared->discarded +=
        queue->remove_if([&](const Waiting &refusal) { return refusal.database == database; });
}

bool writer_began(Oid database) {
    Locked locked(LW_EXCLUSIVE);
    Writer *writer = writer_of(database);
    if (writer == nullptr || writer->latch != nullptr) return false;
    writer->running = true;
    writer->latch = MyLatch;
    return true;
}

void writer_left(Oid database, bool cleanly) {
    Locked locked(LW_EXCLUSIVE);
    Writer *writer = writer_of(database);
    if (writer != nullptr && writer->latch == MyLatch)
        *writer = {database, false, nullptr, cleanly ? TimestampTz{0} : GetCurrentTimestamp()};
    wake(shared->launcher);
}

Batch next_batch(Oid database, size_t most) {
    Batch batch;
    batch.refusals.reserve(most);
    TimestampTz now = GetCurrentTimestamp();
    Locked locked(LW_EXCLUSIVE);
    shared->discarded += queue->remove_if([&](const Waiting &refusal) {
        if (refusal.database != database || refusal.not_before > now || refusal.tries < most_tries)
            return false;
        batch.given_up.push_back(refusal);
        return true;
    });
    queue->each([&](Waiting &refusal) {
        if (refusal.database != database || refusal.not_before > now) return true;
        // What has failed together is tried one by one: then the others don't fail with it again.
        bool alone = refusal.tries > 0;
        if (alone && !batch.refusals.empty()) return true;
        refusal.not_before = next_try(now, refusal.tries++);
        batch.refusals.push_back(refusal);
        return !alone && batch.refusals.size() < most;
    });
    return batch;
}

// The queue is in the order of the numbers, and so is what was taken from it.
void remove_written(const std::vector<Waiting> &refusals) {
    auto by_number = [](const Waiting &a, const Waiting &b) { return a.number < b.number; };
    Locked locked(LW_EXCLUSIVE);
    shared->written += queue->remove_if([&](const Waiting &waiting) {
        return std::binary_search(refusals.begin(), refusals.end(), waiting, by_number);
    });
}

// The launcher leaves with the others when the server is stopped; only one that is killed still seems to be
// there.  A standby has none, but whoever is killed while it writes to the queue holds the lock.
bool was_left_in_order() {
    return shared->launcher == nullptr && pg::pg_call([] {
               if (!LWLockConditionalAcquire(shared->lock, LW_SHARED)) return false;
               LWLockRelease(shared->lock);
               return true;
           });
}

Contents contents() {
    Contents contents{shared->written, shared->dropped, shared->discarded, {}};
    queue->each([&](const Waiting &refusal) {
        contents.waiting.push_back(refusal);
        return true;
    });
    return contents;
}

void restore(const Contents &contents) {
    shared->written = contents.written;
    shared->dropped = contents.dropped;
    shared->discarded = contents.discarded;
    for (Waiting refusal : contents.waiting) {
        refusal.number = ++shared->last_number;
        refusal.tries = 0;
        refusal.not_before = 0;
        if (!queue->push(refusal)) shared->dropped++;
    }
}

}  // namespace retry_ledger::refusal
