#include <slotcast.hpp>

enum class Mode : bool { Off, On };
SLOTCAST_ENUM(Mode, Off, On);
