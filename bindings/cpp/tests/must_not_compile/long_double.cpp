#include <slotcast/message.hpp>

struct Reading {
    long double value;
};
SLOTCAST_MESSAGE(Reading, value);
