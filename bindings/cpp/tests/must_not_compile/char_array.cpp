#include <slotcast/message.hpp>

struct Robot {
    char name[16];
};
SLOTCAST_MESSAGE(Robot, name);
