#include "refusal/refusal.hpp"

#include "pg/settings.hpp"
#include "refusal/hand_over.hpp"
#include "refusal/queue.hpp"
#include "refusal/workers.hpp"

namespace retry_ledger::refusal {

void keep_raised_refusals() {
    if (pg::refusal_queue_size() == 0) return;
    install_queue();
    register_launcher();
    pg::set_refusal_witness(hand_over);
}

}  // namespace retry_ledger::refusal
