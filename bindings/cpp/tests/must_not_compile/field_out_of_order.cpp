#include <slotcast/message.hpp>

struct Point {
    float x;
    float y;
};
SLOTCAST_MESSAGE(Point, y, x);
