/// Receiving.
#ifndef SLOTCAST_SUBSCRIBER_HPP
#define SLOTCAST_SUBSCRIBER_HPP

#include "sample.hpp"

#include <iterator>

namespace slotcast {

/// Ends each wait of a subscriber, from any thread.
class Closer {
public:
    Closer(Closer&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Closer& operator=(Closer&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Closer() { sc_closer_free(handle_); }

    /// Ends the current wait, and every later one. Not for signal handlers.
    void close() const noexcept { sc_closer_close(handle_); }

private:
    template <class M>
    friend class Subscriber;
    template <class M>
    friend class ValueReader;
    explicit Closer(sc_closer* handle) noexcept : handle_(handle) {}

    sc_closer* handle_;
};

/// Receives the messages of all publishers of a topic.
///
/// It is used by one thread at a time. A call throws an `Error` if it fails. With `std::nothrow` as its first argument
/// it returns a `Result` instead. A loop over a subscriber waits for each message and ends when a `Closer` closes it:
///
///     for (const auto& imu : subscriber) { use(imu->accel); }
template <class M>
class Subscriber {
    using Shape = detail::shape<M>;

public:
    using Element = typename Shape::element;
    using Header = typename Shape::header;

    /// Creates a subscriber in the default domain, or as the settings say.
    explicit Subscriber(const std::string& topic, const SubscriberSettings& settings = {})
        : Subscriber(create(std::nothrow, topic, settings).value()) {}
    static Result<Subscriber> create(
        std::nothrow_t, const std::string& topic, const SubscriberSettings& settings = {}) {
        const Result<const sc_schema*> schema = detail::schema_of<M>();
        if (!schema) {
            return schema.error();
        }
        const sc_subscriber_options options = settings.options();
        sc_subscriber* handle = nullptr;
        const sc_code code = sc_subscriber_create(topic.c_str(), *schema, &options, &handle);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return Subscriber(handle);
    }

    Subscriber(Subscriber&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Subscriber& operator=(Subscriber&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    /// Leaves the topic. Samples that are held stay valid.
    ~Subscriber() { sc_subscriber_free(handle_); }

    /// Returns the next message if one is there.
    std::optional<Sample<M>> try_recv() { return receive(0); }
    Result<std::optional<Sample<M>>> try_recv(std::nothrow_t) { return attempt(0); }
    /// Waits for the next message. Throws `Closed` if the subscriber is closed.
    Sample<M> recv() { return std::move(*receive(-1)); }
    Result<Sample<M>> recv(std::nothrow_t) {
        Result<std::optional<Sample<M>>> next = attempt(-1);
        if (!next) {
            return next.error();
        }
        return std::move(**next);
    }
    /// Waits for the next message; returns none if there is none within this time.
    template <class Rep, class Period>
    std::optional<Sample<M>> recv_for(std::chrono::duration<Rep, Period> time) {
        return receive(detail::nanoseconds(time));
    }
    template <class Rep, class Period>
    Result<std::optional<Sample<M>>> recv_for(std::nothrow_t, std::chrono::duration<Rep, Period> time) {
        return attempt(detail::nanoseconds(time));
    }
    /// Waits for the next message; returns none once all publishers have ended and everything was received.
    std::optional<Sample<M>> recv_to_end() {
        sc_message raw = sc_message_none();
        return taken(sc_receive_to_end(handle_, &raw), raw);
    }

    /// Goes from message to message, for loops.
    class iterator {
    public:
        using value_type = Sample<M>;
        using reference = Sample<M>&;
        using pointer = Sample<M>*;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        reference operator*() { return *sample_; }
        pointer operator->() { return &*sample_; }
        iterator& operator++() {
            sample_.reset(); // before the next one, so that no memory is held while this waits
            sample_ = subscriber_->next();
            return *this;
        }
        friend bool operator==(const iterator& a, const iterator& b) {
            return a.sample_.has_value() == b.sample_.has_value();
        }
        friend bool operator!=(const iterator& a, const iterator& b) { return !(a == b); }

    private:
        friend class Subscriber;
        iterator() = default;
        explicit iterator(Subscriber* subscriber) : subscriber_(subscriber), sample_(subscriber->next()) {}

        Subscriber* subscriber_ = nullptr;
        std::optional<Sample<M>> sample_;
    };
    iterator begin() { return iterator(this); }
    iterator end() { return iterator(); }

    /// Returns what closes this subscriber, for another thread.
    Closer closer() const { return Closer(sc_subscriber_closer(handle_)); }
    /// Returns a descriptor for `poll` and `epoll`, readable while there are messages. The subscriber owns it.
    int event_fd() {
        int fd = -1;
        check(sc_subscriber_event_fd(handle_, &fd));
        return fd;
    }
    /// Waits until there are this many publishers; returns false on timeout.
    template <class Rep, class Period>
    bool wait_for_publishers(std::uint64_t count, std::chrono::duration<Rep, Period> time) {
        bool are_there = false;
        check(sc_subscriber_wait_for_publishers(handle_, count, detail::nanoseconds(time), &are_there));
        return are_there;
    }
    /// Returns how many publishers there are.
    std::uint64_t publishers() {
        std::uint64_t count = 0;
        check(sc_subscriber_count_publishers(handle_, &count));
        return count;
    }
    /// Returns how many messages were lost.
    std::uint64_t lost() const noexcept { return sc_subscriber_lost(handle_); }
    /// Returns how many messages were left out, as `latest` and `rate_limit` ask for.
    std::uint64_t skipped() const noexcept { return sc_subscriber_skipped(handle_); }

    /// Returns the handle for functions of `slotcast.h` that have no counterpart here, such as `sc_subscriber_sources`. It
    /// stays this subscriber's.
    sc_subscriber* handle() const noexcept { return handle_; }

private:
    explicit Subscriber(sc_subscriber* handle) noexcept : handle_(handle) {}

    static void check(sc_code code) {
        if (code != SC_OK) {
            detail::raise(detail::last_failure(code));
        }
    }

    /// Returns what a call has received: none if that is what its code says. Other codes are failures.
    Result<std::optional<Sample<M>>> judged(sc_code code, const sc_message& raw) {
        if (code == SC_EMPTY || code == SC_ENDED) {
            return std::optional<Sample<M>>();
        }
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return std::optional<Sample<M>>(Sample<M>(raw));
    }

    std::optional<Sample<M>> taken(sc_code code, const sc_message& raw) {
        if (code == SC_OK) {
            return Sample<M>(raw);
        }
        return judged(code, raw).value();
    }

    Result<std::optional<Sample<M>>> attempt(std::int64_t time_ns) {
        sc_message raw = sc_message_none();
        return judged(sc_receive(handle_, time_ns, &raw), raw);
    }
    std::optional<Sample<M>> receive(std::int64_t time_ns) {
        sc_message raw = sc_message_none();
        return taken(sc_receive(handle_, time_ns, &raw), raw);
    }
    /// Waits for the next message of a loop; returns none when this was closed.
    std::optional<Sample<M>> next() {
        sc_message raw = sc_message_none();
        const sc_code code = sc_receive(handle_, -1, &raw);
        if (code == SC_CLOSED) {
            return std::nullopt;
        }
        return taken(code, raw);
    }

    sc_subscriber* handle_;
};

} // namespace slotcast

#endif
