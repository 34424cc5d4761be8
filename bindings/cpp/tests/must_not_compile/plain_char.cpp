#include <slotcast.hpp>

struct Letter {
    char value;
};
SLOTCAST_MESSAGE(Letter, value);
