#include <slotcast.h>

typedef uint16_t Gear;
SC_ENUM(Gear, "Gear", 0, SC_I16, SC_VARIANT("Low", 0));
