#include <slotcast/message.hpp>

struct Imu {
    std::uint64_t stamp_ns;
    float accel[3];
    float gyro[3];
};
SLOTCAST_MESSAGE(Imu, stamp_ns, gyro);
