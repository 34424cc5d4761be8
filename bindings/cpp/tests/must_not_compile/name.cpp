#include <slotcast/message.hpp>

struct Imu {
    std::uint64_t stamp_ns;
};
SLOTCAST_MESSAGE_AS(Imu, "an imu", 0, stamp_ns);
