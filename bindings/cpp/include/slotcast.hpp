#ifndef SLOTCAST_HPP
#define SLOTCAST_HPP
#include "slotcast/message.hpp"
#endif
