#include <slotcast/message.hpp>
#include <map>

struct Settings {
    std::map<int, int> values;
};
SLOTCAST_MESSAGE(Settings, values);
