#include <slotcast/message.hpp>

struct Imu {
    const float* accel[3];
};
SLOTCAST_MESSAGE(Imu, accel);
