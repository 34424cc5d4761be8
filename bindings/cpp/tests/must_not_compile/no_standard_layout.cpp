#include <slotcast/message.hpp>

struct Stamped {
    std::uint64_t stamp_ns;
};
struct Imu : Stamped {
    double accel[3];
};
SLOTCAST_MESSAGE(Imu, stamp_ns, accel);
