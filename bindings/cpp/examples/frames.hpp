// The header of each frame: that of Rust's examples/frames.
#pragma once
#include <slotcast.hpp>

struct FrameHeader {
    std::uint64_t number;
    std::uint32_t width;
    std::uint32_t height;
    slotcast::Str<8> encoding;
};
SLOTCAST_MESSAGE(FrameHeader, number, width, height, encoding);

/// Frames of bytes, each with a header before it.
using Frames = slotcast::Slice<std::uint8_t, FrameHeader>;
