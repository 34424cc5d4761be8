#include <slotcast/message.hpp>

union Value {
    float real;
    std::uint32_t whole;
};
struct Reading {
    Value value;
};
SLOTCAST_MESSAGE(Reading, value);
