#include <slotcast.hpp>

slotcast::Str<4> name = "Marvin";
