#include <slotcast/message.hpp>

struct Letter {
    char16_t value;
};
SLOTCAST_MESSAGE(Letter, value);
