#include <slotcast/message.hpp>

enum Mode : std::uint8_t { Idle, Running };
SLOTCAST_ENUM(Mode, Idle, Running);
