/// Publishing.
#ifndef SLOTCAST_PUBLISHER_HPP
#define SLOTCAST_PUBLISHER_HPP

#include "loan.hpp"
#include "settings.hpp"

#include <cstring>

namespace slotcast {

/// The identity of a publisher: another one after a restart.
struct EndpointId {
    std::uint64_t low;
    std::uint64_t high;

    friend constexpr bool operator==(EndpointId a, EndpointId b) noexcept { return a.low == b.low && a.high == b.high; }
    friend constexpr bool operator!=(EndpointId a, EndpointId b) noexcept { return !(a == b); }
};

/// Publishes messages of the type `M` on a topic: a struct with SLOTCAST_MESSAGE, a number, `T[]`, or
/// `Slice<T, Header>`.
///
/// It is used by one thread at a time. A call throws an `Error` if it fails. With `std::nothrow` as its first argument
/// it returns a `Result` instead.
template <class M>
class Publisher {
    using Shape = detail::shape<M>;
    static constexpr bool is_slice = Shape::is_slice;

public:
    using Element = typename Shape::element;
    using Header = typename Shape::header;

    /// Creates a publisher in the default domain, or as the settings say.
    explicit Publisher(const std::string& topic, const PublisherSettings& settings = {})
        : Publisher(create(std::nothrow, topic, settings).value()) {}
    static Result<Publisher> create(std::nothrow_t, const std::string& topic, const PublisherSettings& settings = {}) {
        const Result<const sc_schema*> schema = detail::schema_of<M>();
        if (!schema) {
            return schema.error();
        }
        const sc_publisher_options options = settings.options();
        sc_publisher* handle = nullptr;
        const sc_code code = sc_publisher_create(topic.c_str(), *schema, &options, &handle);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return Publisher(handle);
    }

    Publisher(Publisher&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Publisher& operator=(Publisher&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    /// Removes it from the topic. Subscribers that know it can still read its messages.
    ~Publisher() { sc_publisher_free(handle_); }

    /// Publishes a copy of the message, and returns its sequence. Waits for lossless subscribers.
    template <class T = Element, class = std::enable_if_t<!is_slice, T>>
    std::uint64_t publish(const Element& message) {
        return number(sc_publish(handle_, &message, sizeof message, true, &sequence_));
    }
    template <class T = Element, class = std::enable_if_t<!is_slice, T>>
    Result<std::uint64_t> publish(std::nothrow_t, const Element& message) {
        return result(sc_publish(handle_, &message, sizeof message, true, &sequence_));
    }
    /// The same, but never waits: returns false where that would wait.
    template <class T = Element, class = std::enable_if_t<!is_slice, T>>
    bool try_publish(const Element& message) {
        const sc_code code = sc_publish(handle_, &message, sizeof message, false, &sequence_);
        return code != SC_FULL && (number(code), true);
    }

    /// Publishes a copy of the elements, and returns the sequence.
    template <class H = Header, class = std::enable_if_t<is_slice && std::is_void_v<H>>>
    std::uint64_t publish(span<const Element> elements) {
        return publish<H>(std::nothrow, elements).value();
    }
    template <class H = Header, class = std::enable_if_t<is_slice && std::is_void_v<H>>>
    Result<std::uint64_t> publish(std::nothrow_t, span<const Element> elements) {
        return copied(elements, [](Loan<M>&) {});
    }
    /// Publishes a copy of a header and elements, and returns the sequence.
    template <class H = Header, class = std::enable_if_t<!std::is_void_v<H>>>
    std::uint64_t publish(const H& header, span<const Element> elements) {
        return publish<H>(std::nothrow, header, elements).value();
    }
    template <class H = Header, class = std::enable_if_t<!std::is_void_v<H>>>
    Result<std::uint64_t> publish(std::nothrow_t, const H& header, span<const Element> elements) {
        return copied(elements, [&](Loan<M>& loan) { loan.header() = header; });
    }

    /// Lends memory for a message; of a slice, for one of `count` elements.
    Loan<M> loan(std::size_t count = 1) { return loan(std::nothrow, count).value(); }
    Result<Loan<M>> loan(std::nothrow_t, std::size_t count = 1) {
        sc_loan raw = sc_loan_none();
        if constexpr (!Loan<M>::is_small) {
            const sc_code code = sc_loan_create(handle_, count, &raw);
            if (code != SC_OK) {
                return detail::last_failure(code);
            }
        }
        Loan<M> lent(handle_, raw);
        if constexpr (!Loan<M>::is_small && !detail::is_any_bytes_valid<M>()) {
            std::memset(raw.data, 0, static_cast<std::size_t>(raw.size)); // an earlier message may have been damaged
        }
        return lent;
    }

    /// Waits until there are this many subscribers; returns false on timeout.
    template <class Rep, class Period>
    bool wait_for_subscribers(std::uint64_t count, std::chrono::duration<Rep, Period> time) {
        bool are_there = false;
        check(sc_publisher_wait_for_subscribers(handle_, count, detail::nanoseconds(time), &are_there));
        return are_there;
    }
    /// Returns how many subscribers there are.
    std::uint64_t subscribers() {
        std::uint64_t count = 0;
        check(sc_publisher_count_subscribers(handle_, &count));
        return count;
    }
    /// Returns its identity, as samples have it.
    EndpointId id() const noexcept {
        std::uint64_t halves[2] = {};
        sc_publisher_id(handle_, halves);
        return {halves[0], halves[1]};
    }
    /// Closes it once all was read, or after this time. It cannot be used afterwards.
    template <class Rep, class Period>
    void close(std::chrono::duration<Rep, Period> linger) {
        check(sc_publisher_close(std::exchange(handle_, nullptr), detail::nanoseconds(linger)));
    }

    /// Returns the handle for functions of `slotcast.h` that have no counterpart here, such as `sc_publisher_readers`. It
    /// stays this publisher's.
    sc_publisher* handle() const noexcept { return handle_; }

private:
    explicit Publisher(sc_publisher* handle) noexcept : handle_(handle) {}

    static void check(sc_code code) {
        if (code != SC_OK) {
            detail::raise(detail::last_failure(code));
        }
    }
    std::uint64_t number(sc_code code) {
        check(code);
        return sequence_;
    }
    Result<std::uint64_t> result(sc_code code) {
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return sequence_;
    }
    template <class SetHeader>
    Result<std::uint64_t> copied(span<const Element> elements, SetHeader set_header) {
        Result<Loan<M>> loan = this->loan(std::nothrow, elements.size());
        if (!loan) {
            return loan.error();
        }
        if (!elements.empty()) {
            std::memcpy(loan->data(), elements.data(), elements.size() * sizeof(Element));
        }
        set_header(*loan);
        return std::move(*loan).send(std::nothrow);
    }

    sc_publisher* handle_;
    std::uint64_t sequence_ = 0;
};

} // namespace slotcast

#endif
