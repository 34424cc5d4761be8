#include <slotcast/message.hpp>

struct Flags {
    std::uint32_t armed : 1;
    std::uint32_t mode : 31;
};
SLOTCAST_MESSAGE(Flags, armed, mode);
