// Raised refusals on their way to the ledger.
//
// An error takes along what its transaction wrote, so the backend that refuses can't record it.  Where the
// library is preloaded it leaves the refusal in a queue in shared memory (hand_over.cpp) and goes on raising.
// The launcher (launcher.cpp) starts a writer for each database that has something waiting; the writer
// (writer.cpp) puts it on the ledger in a transaction of its own, and leaves when nothing comes any more.
// What waits when the server stops is kept in a file until it starts again (saved.cpp).
//
// The queue is bounded and nobody ever waits for it: a refusal that finds it full, or half of it taken by its
// own role, is dropped and counted.
#pragma once

#include "core/bounded_queue.hpp"
#include "pg/error.hpp"

namespace retry_ledger::refusal {

// Texts end with a zero byte, empty is none; what doesn't fit is cut at a character and ends with "...".
struct Waiting {
    uint64 number;
    Oid database;
    int32 sqlstate, pid, tries;
    TimestampTz refused_at;
    TimestampTz not_before;   // after a try that failed
    uint64 transaction_id;    // 0: the transaction that was refused had none
    bool has_policy, is_cut;  // is_cut: `detail` was
    unsigned char policy_hash[PG_SHA256_DIGEST_LENGTH];
    char function[NAMEDATALEN], constraint[NAMEDATALEN], session_role[NAMEDATALEN], acting_role[NAMEDATALEN];
    char application_name[NAMEDATALEN];
    char run_table[4 * NAMEDATALEN + 8];  // two quoted names
    char run_key[512], tenant[512], request_id[208], claimed_actor[264];
    char message[1024], detail[2048];
};

struct Counts {
    int32 queue_size, waiting;
    int64 written, dropped, discarded;
    std::optional<TimestampTz> oldest;
};

// In the postmaster, when the library is preloaded.
void install_queue();

// Whether there is a queue: the library is preloaded, and its size isn't 0.
bool has_queue();

// Called by whoever refuses.  Never waits for space and raises nothing.
void put(Waiting &refusal) noexcept;

Counts counts();

// ---- the launcher ----

// From now on its latch is set when something is put, or a writer leaves.
void launcher_began();
void launcher_left();

// Databases that have something to write now, and no writer.
std::vector<Oid> databases_without_writer();

// False if there is one, or there are too many.
bool reserve_writer(Oid database);
void give_up_writer(Oid database);

// What waits for a database that is gone.
void discard(Oid database);

// ---- a writer ----

// False if the database has one.
bool writer_began(Oid database);
void writer_left(Oid database, bool cleanly);

// The oldest that wait, at most `most`; a single one if it has been tried before.  They stay in the queue and
// are tried again later, unless remove_written is called.  What has been tried too often is taken out:
// `given_up`.
struct Batch {
    std::vector<Waiting> refusals, given_up;
};
Batch next_batch(Oid database, size_t most);
void remove_written(const std::vector<Waiting> &refusals);

// ---- at the end and the beginning of the server ----

// For one who is alone: the postmaster.  False: processes were killed, in the middle of whatever they did.
bool was_left_in_order();
struct Contents {
    int64 written, dropped, discarded;
    std::vector<Waiting> waiting;
};
Contents contents();
void restore(const Contents &contents);

}  // namespace retry_ledger::refusal
