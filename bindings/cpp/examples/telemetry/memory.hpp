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

/// Messages with the layout d03d68cf0832f1bfa81c5810cc4990b9.
namespace slotcast_d03d68cf0832f1bfa81c5810cc4990b9 {
/// The hash of the message's layout.
inline constexpr char hash[] = "d03d68cf0832f1bfa81c5810cc4990b9";
static_assert(sizeof(hash) == 33);

/// How much memory is in use.
struct Memory {
    /// All memory that the kernel manages.
    std::uint64_t total; // byte
    /// What programs could allocate without swapping, as the kernel estimates.
    std::uint64_t available; // byte
    /// Pages of files.
    std::uint64_t cached; // byte
    /// Shared memory, including the memory of this message.
    std::uint64_t shared; // byte
};
static_assert(sizeof(Memory) == 32 && alignof(Memory) == 8);
static_assert(std::is_standard_layout<Memory>::value);
static_assert(offsetof(Memory, total) == 0);
static_assert(offsetof(Memory, available) == 8);
static_assert(offsetof(Memory, cached) == 16);
static_assert(offsetof(Memory, shared) == 24);

using Message = Memory;
static_assert(sizeof(Message) == 32 && std::is_standard_layout<Message>::value);
#ifdef SLOTCAST_HPP
// What slotcast.hpp has to know of these types.
SLOTCAST_STRUCT_BEGIN(Memory, "Memory", 0)
SLOTCAST_STRUCT_FIELD(Memory, total, "total")
SLOTCAST_STRUCT_FIELD(Memory, available, "available")
SLOTCAST_STRUCT_FIELD(Memory, cached, "cached")
SLOTCAST_STRUCT_FIELD(Memory, shared, "shared")
SLOTCAST_STRUCT_END(Memory);
static_assert(::slotcast::schema_hash<Message> == ::slotcast::SchemaHash{0xd03d68cf0832f1bf, 0xa81c5810cc4990b9});
#endif
} // namespace slotcast_d03d68cf0832f1bfa81c5810cc4990b9
