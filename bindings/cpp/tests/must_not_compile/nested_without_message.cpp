#include <slotcast/message.hpp>

struct Point {
    float x;
    float y;
};
struct Path {
    Point first;
};
SLOTCAST_MESSAGE(Path, first);
