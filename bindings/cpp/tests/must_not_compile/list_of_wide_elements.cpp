#include <slotcast/message.hpp>

struct alignas(16) Wide {
    double values[2];
};
slotcast::FixedVec<Wide, 4> list;
