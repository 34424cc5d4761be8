#include <slotcast/message.hpp>

enum class Mode : bool { Off, On };
SLOTCAST_ENUM(Mode, Off, On);
