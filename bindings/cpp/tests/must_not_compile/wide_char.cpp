#include <slotcast/message.hpp>

struct Letter {
    wchar_t value;
};
SLOTCAST_MESSAGE(Letter, value);
