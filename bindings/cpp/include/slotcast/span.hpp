/// A view of elements: `std::span` where there is one.
#ifndef SLOTCAST_SPAN_HPP
#define SLOTCAST_SPAN_HPP

#include <cstddef>
#include <type_traits>

#if defined(__has_include) && __cplusplus >= 202002L
#if __has_include(<span>)
#include <span>
#endif
#endif

namespace slotcast {

#ifdef __cpp_lib_span
template <class T>
using span = std::span<T>;
#else
/// A view of elements that are stored elsewhere, with the part of `std::span` that programs need most.
template <class T>
class span {
public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;
    using iterator = T*;

    constexpr span() noexcept = default;
    constexpr span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N>
    constexpr span(T (&array)[N]) noexcept : data_(array), size_(N) {}
    /// Views a container: anything with `data()` and `size()`.
    template <class C, class = std::enable_if_t<
                           std::is_convertible_v<std::remove_pointer_t<decltype(std::declval<C&>().data())> (*)[], T (*)[]>>>
    constexpr span(C&& container) noexcept : data_(container.data()), size_(container.size()) {}

    constexpr T* data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr std::size_t size_bytes() const noexcept { return size_ * sizeof(T); }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T* begin() const noexcept { return data_; }
    constexpr T* end() const noexcept { return data_ + size_; }
    /// Returns an element; `index` must be below `size()`.
    constexpr T& operator[](std::size_t index) const noexcept { return data_[index]; }
    constexpr T& front() const noexcept { return data_[0]; }
    constexpr T& back() const noexcept { return data_[size_ - 1]; }
    /// Returns the first `count` elements, which must exist.
    constexpr span first(std::size_t count) const noexcept { return {data_, count}; }
    /// Returns the elements from `offset` on, which must not be beyond the end.
    constexpr span subspan(std::size_t offset) const noexcept { return {data_ + offset, size_ - offset}; }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};
#endif

} // namespace slotcast

#endif
