#include <slotcast/message.hpp>
#include <string_view>

struct Robot {
    std::string_view name;
};
SLOTCAST_MESSAGE(Robot, name);
