#include <slotcast.hpp>
#include <optional>

struct Reading {
    std::optional<float> value;
};
SLOTCAST_MESSAGE(Reading, value);
