#include <slotcast/message.hpp>

struct Imu {
    std::uint64_t stamp_ns;
    double accel[3];
};
SLOTCAST_MESSAGE(Imu, stamp_ns);
