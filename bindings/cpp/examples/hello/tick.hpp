// What both programs must agree on: nothing else. Rust's examples/hello has the same message.
#pragma once
#include <slotcast.hpp>

struct Tick {
    std::uint64_t count;
};
SLOTCAST_MESSAGE(Tick, count);
