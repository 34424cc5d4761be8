#include <slotcast/message.hpp>
#include <chrono>

struct Imu {
    std::chrono::steady_clock::time_point stamp;
};
SLOTCAST_MESSAGE(Imu, stamp);
