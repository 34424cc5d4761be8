#include <slotcast.hpp>
#include <vector>

struct Path {
    std::vector<float> x;
};
SLOTCAST_MESSAGE(Path, x);
