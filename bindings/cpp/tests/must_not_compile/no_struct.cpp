#include <slotcast/message.hpp>

using Number = int;
SLOTCAST_ENUM(Number, min);
