#include <slotcast/message.hpp>

enum class Mode : std::uint8_t { Idle, Running, Stopped };
SLOTCAST_ENUM(Mode, Idle, Running);
