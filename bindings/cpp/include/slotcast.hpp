#ifndef SLOTCAST_HPP
#define SLOTCAST_HPP
#include "slotcast/hash.hpp"
#include "slotcast/message.hpp"
#include "slotcast/tensor.hpp"
#include "slotcast/validate.hpp"
#endif
