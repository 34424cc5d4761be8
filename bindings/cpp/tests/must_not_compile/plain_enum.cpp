#include <slotcast/message.hpp>

enum Mode { Idle, Running };
struct State {
    Mode mode;
};
SLOTCAST_MESSAGE(State, mode);
