#include <slotcast/message.hpp>

namespace robot {
struct Imu {
    std::uint64_t stamp_ns;
};
} // namespace robot
SLOTCAST_MESSAGE(robot::Imu, stamp_ns);
