// Which checkpoint a retry goes on from, and why it can't.
#include <gtest/gtest.h>

#include "core/checkpoint.hpp"

using namespace retry_ledger::core;

namespace {

const std::string id = "0190b5f0-0000-7000-8000-000000000001";

std::string token_of(const std::optional<Refusal> &refusal) {
    return refusal ? token_info(refusal->token).name : "";
}

FoundCheckpoint found(bool invalidated, bool expired, bool live) {
    return {{id, "rendering", "s3://b/1"}, invalidated, expired, live};
}

}  // namespace

TEST(Checkpoint, ResumeIsStartLatestOrAnId) {
    EXPECT_FALSE(read_resume(std::nullopt).wanted);
    EXPECT_FALSE(read_resume("start").wanted);
    EXPECT_FALSE(read_resume("latest").wanted->id);
    EXPECT_EQ(read_resume(id).wanted->id, id);
    EXPECT_EQ(read_resume("17").wanted->id, "17");
    for (const std::string &text : {std::string(), std::string(max_checkpoint_id_bytes + 1, 'x')})
        EXPECT_EQ(token_of(read_resume(text).refusal), "INVALID_CHECKPOINT");
}

TEST(Checkpoint, TheFirstReasonAgainstIsTold) {
    WantedCheckpoint latest, by_id{id};
    EXPECT_EQ(token_of(refuse_checkpoint(std::nullopt, latest, "1", "t")), "CHECKPOINT_NOT_FOUND");
    EXPECT_EQ(token_of(refuse_checkpoint(std::nullopt, by_id, "1", "t")), "CHECKPOINT_NOT_FOUND");
    EXPECT_EQ(token_of(refuse_checkpoint(found(true, true, false), by_id, "1", "t")),
              "CHECKPOINT_INVALIDATED");
    EXPECT_EQ(token_of(refuse_checkpoint(found(false, true, false), by_id, "1", "t")), "CHECKPOINT_EXPIRED");
    EXPECT_EQ(token_of(refuse_checkpoint(found(false, false, false), by_id, "1", "t")),
              "CHECKPOINT_NOT_FOUND");
    EXPECT_EQ(token_of(refuse_checkpoint(found(false, false, true), by_id, "1", "t")), "");
    EXPECT_EQ(token_info(Token::checkpoint_expired).http_status, 422);
}

TEST(Checkpoint, ANewOneIsOfALiveStatusAndSaysWhere) {
    EXPECT_EQ(token_of(refuse_new_checkpoint("rendering", true, 1, 0, true, "t")), "");
    EXPECT_EQ(token_of(refuse_new_checkpoint("failed", false, 1, 0, true, "t")), "INVALID_CHECKPOINT");
    EXPECT_EQ(token_of(refuse_new_checkpoint("rendering", true, 0, 0, true, "t")), "INVALID_CHECKPOINT");
    EXPECT_EQ(token_of(refuse_new_checkpoint("rendering", true, max_ref_bytes + 1, 0, true, "t")),
              "INVALID_CHECKPOINT");
    EXPECT_EQ(token_of(refuse_new_checkpoint("rendering", true, 1, 2, false, "t")), "INVALID_CHECKPOINT");
    EXPECT_EQ(
        token_of(refuse_new_checkpoint("rendering", true, 1, max_checkpoint_evidence_bytes + 1, true, "t")),
        "INVALID_CHECKPOINT");
}
