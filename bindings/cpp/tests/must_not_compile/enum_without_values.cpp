#include <slotcast/message.hpp>

enum class Mode : std::uint8_t { Idle, Running };
struct State {
    Mode mode;
};
SLOTCAST_MESSAGE(State, mode);
