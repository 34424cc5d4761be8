#include <slotcast/message.hpp>
#include <string>

struct Robot {
    std::string name;
};
SLOTCAST_MESSAGE(Robot, name);
