/// Settings of endpoints.
#ifndef SLOTCAST_SETTINGS_HPP
#define SLOTCAST_SETTINGS_HPP

#include <slotcast.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace slotcast {
namespace detail {

/// Returns a time in nanoseconds: at least 0, at most what fits.
template <class Rep, class Period>
constexpr std::int64_t nanoseconds(std::chrono::duration<Rep, Period> time) {
    using Longest = std::chrono::duration<long double, std::nano>;
    const long double ns = Longest(time).count();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return ns >= static_cast<long double>(most) ? most : ns <= 0 ? 0 : static_cast<std::int64_t>(ns);
}

inline const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

} // namespace detail

/// Settings of a publisher. Each setter returns the settings, so that they can be chained.
class PublisherSettings {
public:
    /// Sets the directory of the domain. By default that of `$SLOTCAST_ROOT` and `$SLOTCAST_DOMAIN`.
    PublisherSettings& domain(std::string path) {
        domain_ = std::move(path);
        return *this;
    }
    /// Sets a name by which other processes and the tool show it.
    PublisherSettings& name(std::string name) {
        name_ = std::move(name);
        return *this;
    }
    /// Sets how many messages the ring keeps.
    PublisherSettings& depth(std::uint64_t messages) { return set(options_.depth, messages); }
    /// Sets how many old messages a subscriber that joins can have.
    PublisherSettings& history(std::uint64_t messages) { return set(options_.history, messages); }
    /// Sets the most elements of a message of variable size.
    PublisherSettings& max_len(std::uint64_t elements) { return set(options_.max_len, elements); }
    /// Sets the most memory for large messages, in bytes.
    PublisherSettings& max_memory(std::uint64_t bytes) { return set(options_.max_memory, bytes); }
    /// Refuses other publishers on the topic.
    PublisherSettings& exclusive() { return set(options_.exclusive, true); }
    /// Brings the memory into RAM when the publisher is created.
    PublisherSettings& prefault(bool on) { return set(options_.prefault, on); }
    /// Uses huge pages where the kernel has some.
    PublisherSettings& huge_pages(bool on) { return set(options_.huge_pages, on); }
    /// Locks the memory in RAM.
    PublisherSettings& lock_memory(bool on) { return set(options_.lock_memory, on); }
    /// Stamps each message with the time at which it was published.
    PublisherSettings& timestamps(bool on) { return set(options_.timestamps, on); }
    /// Lets publishing wait for lossless subscribers, for at most this time.
    template <class Rep, class Period>
    PublisherSettings& lossless(std::chrono::duration<Rep, Period> timeout) {
        return set(options_.lossless_ns, detail::nanoseconds(timeout));
    }
    /// Promises to publish, or to say that it is alive, at least this often.
    template <class Rep, class Period>
    PublisherSettings& alive_every(std::chrono::duration<Rep, Period> time) {
        return set(options_.alive_every_ns, detail::nanoseconds(time));
    }

    /// Returns them for the C interface; valid as long as these settings.
    sc_publisher_options options() const noexcept {
        sc_publisher_options options = options_;
        options.domain = detail::text_or_null(domain_);
        options.name = detail::text_or_null(name_);
        return options;
    }

private:
    template <class T, class V>
    PublisherSettings& set(T& setting, V value) {
        setting = value;
        return *this;
    }

    sc_publisher_options options_ = sc_publisher_options_default();
    std::string domain_;
    std::string name_;
};

/// Settings of the writer of a value. Each setter returns the settings, so that they can be chained.
class ValueSettings {
public:
    /// Sets the directory of the domain.
    ValueSettings& domain(std::string path) {
        domain_ = std::move(path);
        return *this;
    }
    /// Lets the value outlive the writer and its process.
    ValueSettings& survives_writer(bool on) {
        survives_writer_ = on;
        return *this;
    }
    /// Waits up to this time while another writer lives, and takes over when that one ends.
    template <class Rep, class Period>
    ValueSettings& standby(std::chrono::duration<Rep, Period> timeout) {
        standby_ns_ = detail::nanoseconds(timeout);
        return *this;
    }

private:
    template <class M>
    friend class ValueWriter;

    std::string domain_;
    bool survives_writer_ = false;
    std::int64_t standby_ns_ = 0;
};

/// Settings of a client. Each setter returns the settings, so that they can be chained.
class ClientSettings {
public:
    /// Sets the directory of the domain.
    ClientSettings& domain(std::string path) {
        domain_ = std::move(path);
        return *this;
    }
    /// Sets how many calls can be open at once, and how many items of each response the server sends before the first of
    /// them is taken: 1 to 128. By default 8.
    ClientSettings& window(std::uint32_t calls) {
        window_ = calls;
        return *this;
    }
    /// Sets how long calls may take. By default 5 s.
    template <class Rep, class Period>
    ClientSettings& timeout(std::chrono::duration<Rep, Period> time) {
        timeout_ns_ = detail::nanoseconds(time);
        return *this;
    }

private:
    template <class Request, class Response>
    friend class Client;

    std::string domain_;
    std::uint32_t window_ = 0;
    std::int64_t timeout_ns_ = 5'000'000'000;
};

/// Settings of a server. Each setter returns the settings, so that they can be chained.
class ServerSettings {
public:
    /// Sets the directory of the domain.
    ServerSettings& domain(std::string path) {
        domain_ = std::move(path);
        return *this;
    }
    /// Makes it one of any number of servers: each call goes to one of them. By default it is the only one.
    ServerSettings& any() {
        any_ = true;
        return *this;
    }
    /// Waits up to this time while another server lives, and takes over when that one ends.
    template <class Rep, class Period>
    ServerSettings& standby(std::chrono::duration<Rep, Period> timeout) {
        standby_ns_ = detail::nanoseconds(timeout);
        return *this;
    }

private:
    template <class Request, class Response>
    friend class Server;

    std::string domain_;
    bool any_ = false;
    std::int64_t standby_ns_ = 0;
};

/// Settings of a subscriber. Each setter returns the settings, so that they can be chained.
class SubscriberSettings {
public:
        /// Sets the directory of the domain. By default that of `$SLOTCAST_ROOT` and `$SLOTCAST_DOMAIN`.
    SubscriberSettings& domain(std::string path) {
        domain_ = std::move(path);
        return *this;
    }
    /// Sets a name by which other processes and the tool show it.
    SubscriberSettings& name(std::string name) {
        name_ = std::move(name);
        return *this;
    }
    /// Sets how many old messages of each publisher it receives first.
    SubscriberSettings& history(std::uint64_t messages) { return set(options_.history, messages); }
    /// Receives only the newest message each time.
    SubscriberSettings& latest() { return set(options_.latest, true); }
    /// Receives at most this many messages a second.
    SubscriberSettings& rate_limit(double hz) { return set(options_.rate_limit_hz, hz); }
    /// Receives every message: publishers with `lossless` wait.
    SubscriberSettings& lossless() { return set(options_.lossless, true); }
    /// Sets how many large messages it can hold in place; further ones are copied.
    SubscriberSettings& max_samples(std::uint64_t samples) { return set(options_.max_samples, samples); }
    /// Sets the size of the largest message that is copied, in bytes.
    SubscriberSettings& max_copy(std::uint64_t bytes) { return set(options_.max_copy, bytes); }

    /// Returns them for the C interface; valid as long as these settings.
    sc_subscriber_options options() const noexcept {
        sc_subscriber_options options = options_;
        options.domain = detail::text_or_null(domain_);
        options.name = detail::text_or_null(name_);
        return options;
    }

private:
    template <class T, class V>
    SubscriberSettings& set(T& setting, V value) {
        setting = value;
        return *this;
    }

    sc_subscriber_options options_ = sc_subscriber_options_default();
    std::string domain_;
    std::string name_;
};

} // namespace slotcast

#endif
