// Prints the schema hashes of the messages of tests/schema/messages.rs, which are in tests/schema/golden.txt.

#include <cstdio>
#include <slotcast.hpp>

struct Point {
    float x;
    float y;
};
SLOTCAST_MESSAGE(Point, x, y);

enum class Gear : std::int16_t { Reverse = -1, Neutral, First, Fourth = 4 };
SLOTCAST_ENUM(Gear, Reverse, Neutral, First, Fourth);

struct Everything {
    std::uint64_t stamp;
    std::uint64_t wide;
    slotcast::FixedVec<Point, 3> path;
    std::int32_t grid[2][3];
    slotcast::Str<13> name;
    bool on;
    Gear gear;
    char32_t letter;
    slotcast::FixedVec<bool, 4> modes;
};
SLOTCAST_MESSAGE_AS(Everything, "test.Everything", 2, stamp, wide, path, grid, name, on, gear, letter, modes);

struct Meters {
    double value;
};
SLOTCAST_STRUCT_BEGIN(Meters, "Meters", 0)
SLOTCAST_STRUCT_FIELD(Meters, value, "0")
SLOTCAST_STRUCT_END(Meters);

struct alignas(32) Aligned {
    std::array<std::uint64_t, 4> values;
};
SLOTCAST_MESSAGE(Aligned, values);

template <class T>
struct Stamped {
    std::uint64_t stamp;
    T value;
};
SLOTCAST_MESSAGE_AS(Stamped<double>, "Stamped", 0, stamp, value);
SLOTCAST_MESSAGE_AS(Stamped<Point[2]>, "Stamped", 0, stamp, value);

template <std::size_t N>
struct Samples {
    std::uint64_t stamp;
    std::uint64_t values[N];
};
SLOTCAST_MESSAGE_AS(Samples<1>, "Samples", 0, stamp, values);
SLOTCAST_MESSAGE_AS(Samples<12>, "Samples", 0, stamp, values);

struct Wide {
    slotcast::int128 signed_;
    slotcast::uint128 unsigned_;
};
SLOTCAST_STRUCT_BEGIN(Wide, "Wide", 0)
SLOTCAST_STRUCT_FIELD(Wide, signed_, "signed")
SLOTCAST_STRUCT_FIELD(Wide, unsigned_, "unsigned")
SLOTCAST_STRUCT_END(Wide);

// What a header that is included twice, and a message in a namespace, need to be right.
namespace robot {
namespace {
enum class Mode : std::uint8_t { Idle, Running };
SLOTCAST_ENUM(Mode, Idle, Running);
struct Imu {
    std::uint64_t stamp_ns;
    float accel[3];
    Mode mode;
    slotcast::Pad<3> pad;
};
SLOTCAST_MESSAGE(Imu, stamp_ns, accel, mode, pad);
} // namespace
} // namespace robot
static_assert(!slotcast::detail::any_bytes_valid<robot::Imu>());

// Hashes are constants of the compiler.
static_assert(slotcast::schema_hash<Point> == slotcast::SchemaHash{0xacfc8e07d6a2ee87, 0x113e5182e7710df2});

namespace {
template <class M>
void print(const char* name) {
    std::printf("%s %s\n", slotcast::schema_hash<M>.text().data(), name);
}
} // namespace

int main() {
    print<std::uint8_t>("u8");
    print<std::uint16_t>("u16");
    print<std::uint32_t>("u32");
    print<std::uint64_t>("u64");
    print<slotcast::uint128>("u128");
    print<std::int8_t>("i8");
    print<std::int16_t>("i16");
    print<std::int32_t>("i32");
    print<std::int64_t>("i64");
    print<slotcast::int128>("i128");
    print<float>("f32");
    print<double>("f64");
    print<bool>("bool");
    print<char32_t>("char");
    print<double[3]>("[f64; 3]");
    print<std::uint8_t[3][2]>("[[u8; 2]; 3]");
    print<slotcast::Str<16>>("Str<16>");
    print<slotcast::FixedVec<std::uint32_t, 5>>("FixedVec<u32, 5>");
    print<Point>("Point");
    print<Gear>("Gear");
    print<Everything>("Everything");
    print<Meters>("Meters");
    print<Aligned>("Aligned");
    print<Stamped<double>>("Stamped<f64>");
    print<Stamped<Point[2]>>("Stamped<[Point; 2]>");
    print<Samples<1>>("Samples<1>");
    print<Samples<12>>("Samples<12>");
    print<Wide>("Wide");
    print<slotcast::Tensor>("Tensor");
    return 0;
}
