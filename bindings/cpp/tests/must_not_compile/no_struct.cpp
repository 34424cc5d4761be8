#include <slotcast.hpp>

using Number = int;
SLOTCAST_ENUM(Number, min);
