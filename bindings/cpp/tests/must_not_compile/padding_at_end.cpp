#include <slotcast/message.hpp>

struct Imu {
    std::uint64_t stamp_ns;
    std::uint8_t mode;
};
SLOTCAST_MESSAGE(Imu, stamp_ns, mode);
