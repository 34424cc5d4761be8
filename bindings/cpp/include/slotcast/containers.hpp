/// Text, lists and padding inside messages: the layouts of Rust's `Str<N>`, `FixedVec<T, N>` and `Pad<N>`.
#ifndef SLOTCAST_CONTAINERS_HPP
#define SLOTCAST_CONTAINERS_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace slotcast {

/// UTF-8 text of at most `N` bytes inside a message. It ends at the first NUL byte, or at the end.
template <std::size_t N>
class Str {
    static_assert(N > 0, "slotcast: `Str<0>` cannot hold any text: make its capacity at least 1");

public:
    /// Creates an empty text.
    constexpr Str() noexcept = default;

    /// Creates a text from a literal, which must fit: this is checked at compile time.
    template <std::size_t M>
    constexpr Str(const char (&literal)[M]) noexcept {
        static_assert(M <= N + 1,
                      "slotcast: this text is longer than the `Str<N>`: shorten it, or use Str<N>::truncated");
        for (std::size_t i = 0; i + 1 < M; ++i) {
            bytes_[i] = literal[i];
        }
    }

    /// Returns as much of `text` as fits, cut between two characters, and at the first NUL byte.
    static constexpr Str truncated(std::string_view text) noexcept {
        Str result;
        std::size_t end = 0;
        while (end < text.size() && end < N && text[end] != '\0') {
            ++end;
        }
        if (end < text.size()) {
            while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
                --end;
            }
        }
        for (std::size_t i = 0; i < end; ++i) {
            result.bytes_[i] = text[i];
        }
        return result;
    }

    /// Stores `text` and returns true; returns false, and changes nothing, if it has more than `N` bytes or a NUL byte.
    [[nodiscard]] constexpr bool assign(std::string_view text) noexcept {
        if (text.size() > N || text.find('\0') != std::string_view::npos) {
            return false;
        }
        *this = truncated(text);
        return true;
    }

    /// Returns the text up to the first NUL byte. Received bytes need not be valid UTF-8.
    constexpr std::string_view view() const noexcept {
        std::size_t size = 0;
        while (size < N && bytes_[size] != '\0') {
            ++size;
        }
        return {bytes_, size};
    }

    constexpr operator std::string_view() const noexcept { return view(); }
    /// Returns the largest number of bytes.
    static constexpr std::size_t capacity() noexcept { return N; }

    friend constexpr bool operator==(const Str& a, std::string_view b) noexcept { return a.view() == b; }
    friend constexpr bool operator!=(const Str& a, std::string_view b) noexcept { return a.view() != b; }

private:
    char bytes_[N] = {};
};

/// Writes the text to a stream of the standard library.
template <class Stream, std::size_t N>
auto operator<<(Stream& stream, const Str<N>& text) -> decltype(stream << std::string_view()) {
    return stream << text.view();
}

/// Up to `N` elements inside a message. A received length beyond `N` counts as `N`.
template <class T, std::size_t N>
class FixedVec {
    static_assert(N > 0, "slotcast: `FixedVec<T, 0>` cannot hold an element: make its capacity at least 1");
    static_assert(alignof(T) <= 8,
                  "slotcast: elements of a `FixedVec` must have an alignment of at most 8: for others, "
                                   "use an array and a length of your own");

public:
    /// Creates an empty list.
    constexpr FixedVec() noexcept = default;

    /// Returns the number of elements.
    std::size_t size() const noexcept {
        std::uint64_t size = 0;
        std::memcpy(&size, length_, sizeof size);
        return size < N ? static_cast<std::size_t>(size) : N;
    }
    bool empty() const noexcept { return size() == 0; }
    /// Returns the largest number of elements.
    static constexpr std::size_t capacity() noexcept { return N; }

    /// Appends an element and returns true; returns false if the list is full.
    [[nodiscard]] bool push_back(const T& element) noexcept {
        const std::size_t size = this->size();
        if (size == N) {
            return false;
        }
        items_[size] = element;
        set_size(size + 1);
        return true;
    }
    /// Removes the last element, if there is one.
    void pop_back() noexcept { set_size(empty() ? 0 : size() - 1); }
    void clear() noexcept { set_size(0); }

    T* data() noexcept { return items_; }
    const T* data() const noexcept { return items_; }
    T* begin() noexcept { return items_; }
    T* end() noexcept { return items_ + size(); }
    const T* begin() const noexcept { return items_; }
    const T* end() const noexcept { return items_ + size(); }
    /// Returns an element; `index` must be below `size()`.
    T& operator[](std::size_t index) noexcept { return items_[index]; }
    const T& operator[](std::size_t index) const noexcept { return items_[index]; }

private:
    void set_size(std::size_t size) noexcept {
        const std::uint64_t length = size;
        std::memcpy(length_, &length, sizeof length);
    }

    unsigned char length_[8] = {};
    T items_[N] = {};
};

/// Bytes without meaning, where a message would have padding. They are no part of the schema.
template <std::size_t N>
struct Pad {
    static_assert(N > 0, "slotcast: `Pad<0>` is no padding: remove the field");
    unsigned char bytes[N] = {};
};

} // namespace slotcast

#endif
