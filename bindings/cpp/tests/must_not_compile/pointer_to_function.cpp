#include <slotcast/message.hpp>

struct Imu {
    void (*notify)(int);
};
SLOTCAST_MESSAGE(Imu, notify);
