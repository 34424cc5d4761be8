#include <slotcast/message.hpp>

struct Imu {
    std::uint64_t stamp_ns;
    virtual void print() {}
};
SLOTCAST_MESSAGE(Imu, stamp_ns);
