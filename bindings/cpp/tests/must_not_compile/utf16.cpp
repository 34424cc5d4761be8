#include <slotcast.hpp>

struct Letter {
    char16_t value;
};
SLOTCAST_MESSAGE(Letter, value);
