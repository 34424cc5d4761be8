#include <slotcast/message.hpp>
#include <optional>

struct Reading {
    std::optional<float> value;
};
SLOTCAST_MESSAGE(Reading, value);
