#include <slotcast/message.hpp>

struct Imu {
    std::uint8_t mode;
    std::uint64_t stamp_ns;
};
SLOTCAST_MESSAGE(Imu, mode, stamp_ns);
