#include <slotcast/message.hpp>

struct Imu {
    std::uint64_t stamp_ns;
    ~Imu() {}
};
SLOTCAST_MESSAGE(Imu, stamp_ns);
