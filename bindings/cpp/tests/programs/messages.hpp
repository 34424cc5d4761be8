// The messages of the tests, the same as in ../programs.rs.
#pragma once
#include <slotcast.hpp>

enum class Mode : std::uint8_t { Idle, Running };
SLOTCAST_ENUM(Mode, Idle, Running);

struct Imu {
    std::uint64_t stamp_ns;
    float accel[3];
    float gyro[3];
    bool valid;
    Mode mode;
    slotcast::Str<14> frame;
};
SLOTCAST_MESSAGE(Imu, stamp_ns, accel, gyro, valid, mode, frame);

struct FrameInfo {
    std::uint64_t number;
};
SLOTCAST_MESSAGE(FrameInfo, number);

using Samples = slotcast::Slice<std::uint32_t, FrameInfo>;

inline Imu imu(std::uint64_t i) {
    const auto x = static_cast<float>(i);
    return {i, {x, x + 1, x + 2}, {-x, 0, 0}, i % 2 == 0, i % 3 == 0 ? Mode::Idle : Mode::Running, "base"};
}

inline bool is_imu(const Imu& got, std::uint64_t i) {
    const Imu wanted = imu(i);
    return std::memcmp(&got, &wanted, sizeof got) == 0;
}
