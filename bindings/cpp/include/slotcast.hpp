/// Slotcast for C++17: typed publish/subscribe through shared memory for the processes of one Linux machine.
///
/// Everything here is inline and stands on the C interface, `slotcast.h`: link `-lslotcast`.
///
///     struct Tick { std::uint64_t count; };
///     SLOTCAST_MESSAGE(Tick, count);
///
///     slotcast::Publisher<Tick> publisher("hello/tick");
///     publisher.publish({42});
#ifndef SLOTCAST_HPP
#define SLOTCAST_HPP

#include "slotcast/counters.hpp"
#include "slotcast/error.hpp"
#include "slotcast/hash.hpp"
#include "slotcast/message.hpp"
#include "slotcast/publisher.hpp"
#include "slotcast/sample.hpp"
#include "slotcast/service.hpp"
#include "slotcast/subscriber.hpp"
#include "slotcast/tensor.hpp"
#include "slotcast/value.hpp"

#endif
