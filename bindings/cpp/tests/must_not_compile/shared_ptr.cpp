#include <slotcast/message.hpp>
#include <memory>

struct Frame {
    std::shared_ptr<std::uint8_t> pixels;
};
SLOTCAST_MESSAGE(Frame, pixels);
