#include <slotcast/message.hpp>

struct Letter {
    char value;
};
SLOTCAST_MESSAGE(Letter, value);
