#include <slotcast.hpp>

struct Letter {
    wchar_t value;
};
SLOTCAST_MESSAGE(Letter, value);
