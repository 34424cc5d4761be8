#include <slotcast/message.hpp>
#include <variant>

struct Reading {
    std::variant<float, int> value;
};
SLOTCAST_MESSAGE(Reading, value);
