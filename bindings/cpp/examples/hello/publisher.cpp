// Counts, ten times a second, until it is killed. Run it beside `subscriber`, in any order.
#include "tick.hpp"
#include <thread>

int main() {
    slotcast::Publisher<Tick> publisher("hello/tick");
    for (std::uint64_t count = 0;; ++count) {
        publisher.publish({count});
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}
