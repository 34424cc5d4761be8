// Watches topics of Rust's examples/telemetry. What their messages contain is in headers that the tool has printed:
//
//     slotcast schema host/cpu --format cpp > cpu.hpp
//     slotcast schema host/memory --format cpp > memory.hpp

#include "cpu.hpp"
#include "memory.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <poll.h>

using Cpu = slotcast_6dcc16d6618e5467f9c55220f06204ad::Message;
using Memory = slotcast_d03d68cf0832f1bfa81c5810cc4990b9::Message;

namespace {

void watch(int lines) {
    slotcast::Subscriber<Cpu> cpu("host/cpu");
    slotcast::Subscriber<Memory> memory("host/memory");
    pollfd ready[] = {{cpu.event_fd(), POLLIN, 0}, {memory.event_fd(), POLLIN, 0}};
    for (int printed = 0; printed < lines; ++printed) {
        poll(ready, 2, -1);
        while (auto sample = cpu.try_recv()) {
            std::printf("cpu %.1f %% of %u cores:", static_cast<double>((*sample)->total), (*sample)->cores);
            for (const float core : (*sample)->core) {
                std::printf(" %.0f", static_cast<double>(core));
            }
            std::printf("\n");
        }
        while (auto sample = memory.try_recv()) {
            const auto mib = [](std::uint64_t bytes) { return static_cast<unsigned long long>(bytes >> 20); };
            std::printf("memory: %llu of %llu MiB available\n", mib((*sample)->available), mib((*sample)->total));
        }
        std::fflush(stdout);
    }
}

} // namespace

int main(int count, char** arguments) {
    try {
        watch(count > 1 ? std::atoi(arguments[1]) : 1'000'000);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "watch: %s\n", error.what());
        return 1;
    }
}
