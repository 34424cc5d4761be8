#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#ifdef __has_include
#if __has_include(<slotcast.hpp>)
#include <slotcast.hpp>
#endif
#endif
#if !defined(SLOTCAST_HPP) && !defined(SLOTCAST_SUPPORT)
#define SLOTCAST_SUPPORT
namespace slotcast {
#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;
#endif
/// UTF-8 text up to the first NUL byte or the end.
template <std::size_t N>
struct Str {
    char bytes[N];
};
/// A list of at most N elements, of which the first `size()` count.
template <class T, std::size_t N>
struct FixedVec {
    std::uint8_t length[8];
    T items[N];
    std::uint64_t size() const noexcept {
        std::uint64_t size;
        std::memcpy(&size, length, sizeof size);
        return size < N ? size : N;
    }
};
/// Bytes without meaning.
template <std::size_t N>
struct Pad {
    std::uint8_t bytes[N];
};
} // namespace slotcast
#endif

/// Messages with the layout 6dcc16d6618e5467f9c55220f06204ad.
namespace slotcast_6dcc16d6618e5467f9c55220f06204ad {
/// The hash of the message's layout.
inline constexpr char hash[] = "6dcc16d6618e5467f9c55220f06204ad";
static_assert(sizeof(hash) == 33);

/// How busy the processors were in the last second.
struct Cpu {
    /// All cores together: 100 is all of them, all the time.
    float total; // %
    /// How many cores are online.
    std::uint32_t cores;
    /// Each core, as far as the message has capacity.
    ::slotcast::FixedVec<float, 64> core; // %
};
static_assert(sizeof(Cpu) == 272 && alignof(Cpu) == 4);
static_assert(std::is_standard_layout<Cpu>::value);
static_assert(offsetof(Cpu, total) == 0);
static_assert(offsetof(Cpu, cores) == 4);
static_assert(offsetof(Cpu, core) == 8);

using Message = Cpu;
static_assert(sizeof(Message) == 272 && std::is_standard_layout<Message>::value);
#ifdef SLOTCAST_HPP
// What slotcast.hpp has to know of these types.
SLOTCAST_STRUCT_BEGIN(Cpu, "Cpu", 0)
SLOTCAST_STRUCT_FIELD(Cpu, total, "total")
SLOTCAST_STRUCT_FIELD(Cpu, cores, "cores")
SLOTCAST_STRUCT_FIELD(Cpu, core, "core")
SLOTCAST_STRUCT_END(Cpu);
static_assert(::slotcast::schema_hash<Message> == ::slotcast::SchemaHash{0x6dcc16d6618e5467, 0xf9c55220f06204ad});
#endif
} // namespace slotcast_6dcc16d6618e5467f9c55220f06204ad
