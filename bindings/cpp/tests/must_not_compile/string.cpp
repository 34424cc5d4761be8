#include <slotcast.hpp>
#include <string>

struct Robot {
    std::string name;
};
SLOTCAST_MESSAGE(Robot, name);
