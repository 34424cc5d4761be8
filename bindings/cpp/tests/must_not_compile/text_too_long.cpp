#include <slotcast/message.hpp>

slotcast::Str<4> name = "Marvin";
