#include <slotcast/message.hpp>
#include <atomic>

struct Count {
    std::atomic<std::uint32_t> value;
};
SLOTCAST_MESSAGE(Count, value);
