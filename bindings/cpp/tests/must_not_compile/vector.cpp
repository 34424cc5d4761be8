#include <slotcast/message.hpp>
#include <vector>

struct Path {
    std::vector<float> x;
};
SLOTCAST_MESSAGE(Path, x);
