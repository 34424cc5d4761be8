#include <slotcast/message.hpp>

struct Imu {
    std::uint64_t stamp_ns;
    const float* accel;
};
SLOTCAST_MESSAGE(Imu, stamp_ns, accel);
