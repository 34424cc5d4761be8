/// Calls: requests to servers, and their responses.
#ifndef SLOTCAST_SERVICE_HPP
#define SLOTCAST_SERVICE_HPP

#include "sample.hpp"

namespace slotcast {
namespace detail {

/// The bytes of a request or an item: one element, or those of a slice.
template <class M>
struct payload {
    using element = typename shape<M>::element;
    static_assert(std::is_void_v<typename shape<M>::header>,
                  "slotcast: slices of services have no header of their own: use T[]");
    using given = std::conditional_t<shape<M>::is_slice, span<const element>, const element&>;

    static const void* data(given value) noexcept {
        if constexpr (shape<M>::is_slice) {
            return value.data();
        } else {
            return &value;
        }
    }
    static std::uint64_t size(given value) noexcept {
        if constexpr (shape<M>::is_slice) {
            return value.size() * sizeof(element);
        } else {
            return sizeof value;
        }
    }
};

} // namespace detail

/// A call that was made. The items of its response are taken from it, one after the other:
///
///     for (const auto& item : client.call(request)) { use(*item); }
///
/// Its destructor cancels the call, if the response has not ended: the server is told.
template <class Request, class Response>
class PendingCall {
public:
    PendingCall(PendingCall&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    PendingCall& operator=(PendingCall&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~PendingCall() { sc_call_free(handle_); }

    /// Waits for the next item; returns none after the last one. Throws `Refused`, `Expired` or `ServerDied` if the call
    /// has ended so.
    std::optional<Sample<Response>> next() { return next(std::nothrow).value(); }
    Result<std::optional<Sample<Response>>> next(std::nothrow_t) {
        sc_message raw = sc_message_none();
        sc_code code = SC_EMPTY;
        while (code == SC_EMPTY) {
            code = sc_call_next(handle_, -1, &raw);
        }
        if (code == SC_ENDED) {
            return std::optional<Sample<Response>>();
        }
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return std::optional<Sample<Response>>(Sample<Response>(raw));
    }

    /// What has come in a time: an item, the end, or neither.
    struct Polled {
        bool has_ended;
        std::optional<Sample<Response>> item;
    };
    /// The same as `next`, but waits up to this time: zero is not to wait.
    template <class Rep, class Period>
    Polled next_for(std::chrono::duration<Rep, Period> time) {
        sc_message raw = sc_message_none();
        const sc_code code = sc_call_next(handle_, detail::nanoseconds(time), &raw);
        if (code == SC_EMPTY || code == SC_ENDED) {
            return {code == SC_ENDED, std::nullopt};
        }
        if (code != SC_OK) {
            detail::raise(detail::last_failure(code));
        }
        return {false, Sample<Response>(raw)};
    }
    /// Returns the code with which the server has refused; otherwise 0.
    std::uint32_t refusal() const noexcept { return sc_call_code(handle_); }

    /// Goes from item to item, for loops.
    class iterator {
    public:
        using value_type = Sample<Response>;
        using reference = Sample<Response>&;
        using pointer = Sample<Response>*;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        reference operator*() { return *item_; }
        pointer operator->() { return &*item_; }
        iterator& operator++() {
            item_.reset(); // before the next one, so that no memory is held while this waits
            item_ = call_->next();
            return *this;
        }
        friend bool operator!=(const iterator& a, const iterator& b) {
            return a.item_.has_value() != b.item_.has_value();
        }
        friend bool operator==(const iterator& a, const iterator& b) { return !(a != b); }

    private:
        friend class PendingCall;
        iterator() = default;
        explicit iterator(PendingCall* call) : call_(call), item_(call->next()) {}

        PendingCall* call_ = nullptr;
        std::optional<Sample<Response>> item_;
    };
    iterator begin() { return iterator(this); }
    iterator end() { return iterator(); }

private:
    template <class Req, class Res>
    friend class Client;
    explicit PendingCall(sc_pending_call* handle) noexcept : handle_(handle) {}

    sc_pending_call* handle_;
};

/// Calls the servers of a service: each request goes to one of them, and its response is a stream of items.
///
/// Requests and items are messages, or slices of them: `T[]`. It is used by one thread at a time.
template <class Request, class Response>
class Client {
    using Payload = detail::payload<Request>;
    using Call = PendingCall<Request, Response>;

public:
    /// Creates a client in the default domain, or as the settings say. It needs no server yet.
    explicit Client(const std::string& service, const ClientSettings& settings = {})
        : Client(create(std::nothrow, service, settings).value()) {}
    static Result<Client> create(std::nothrow_t, const std::string& service, const ClientSettings& settings = {}) {
        const Result<const sc_schema*> request = detail::schema_of<Request>();
        const Result<const sc_schema*> response = detail::schema_of<Response>();
        if (!request || !response) {
            return request ? response.error() : request.error();
        }
        sc_client* handle = nullptr;
        const char* domain = detail::text_or_null(settings.domain_);
        const sc_code code =
            sc_client_create(service.c_str(), *request, *response, domain, settings.window_, &handle);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return Client(handle, settings.timeout_ns_);
    }

    Client(Client&& other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), timeout_ns_(other.timeout_ns_) {}
    Client& operator=(Client&& other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(timeout_ns_, other.timeout_ns_);
        return *this;
    }
    /// Calls that were made go on.
    ~Client() { sc_client_free(handle_); }

    /// Sends a request to one server. Waits until the deadline while there is no server, or as many calls are open as the
    /// window. Does not wait for the response.
    Call call(typename Payload::given request) { return call(std::nothrow, request).value(); }
    Result<Call> call(std::nothrow_t, typename Payload::given request) {
        return made(sc_call, request, timeout_ns_);
    }
    /// The same, with a deadline of its own.
    template <class Rep, class Period>
    Call call_within(typename Payload::given request, std::chrono::duration<Rep, Period> time) {
        return made(sc_call, request, detail::nanoseconds(time)).value();
    }
    /// The same as `call`, but does not wait: returns none if the window is full. Throws `NoServer` if there is none.
    std::optional<Call> try_call(typename Payload::given request) {
        Result<Call> call = made(sc_try_call, request, timeout_ns_);
        if (!call && call.error().code == SC_FULL) {
            return std::nullopt;
        }
        return std::move(call).value();
    }
    /// Returns how many servers there are.
    std::uint64_t servers() {
        std::uint64_t count = 0;
        const sc_code code = sc_client_count_servers(handle_, &count);
        if (code != SC_OK) {
            detail::raise(detail::last_failure(code));
        }
        return count;
    }
    /// Returns a descriptor for `poll` and `epoll`, readable until `next_for` of each open call has found nothing. It does
    /// not tell of deadlines and of servers that have died: try again after 100 ms. The client owns it.
    int event_fd() {
        int fd = -1;
        const sc_code code = sc_client_event_fd(handle_, &fd);
        if (code != SC_OK) {
            detail::raise(detail::last_failure(code));
        }
        return fd;
    }

private:
    Client(sc_client* handle, std::int64_t timeout_ns) noexcept : handle_(handle), timeout_ns_(timeout_ns) {}

    template <class Make>
    Result<Call> made(Make make, typename Payload::given request, std::int64_t timeout_ns) {
        sc_pending_call* call = nullptr;
        const sc_code code = make(handle_, Payload::data(request), Payload::size(request), timeout_ns, &call);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return Call(call);
    }

    sc_client* handle_;
    std::int64_t timeout_ns_;
};

/// A call that a server is working on. It can be used in another thread, by one at a time.
///
/// One that is destroyed without an end is refused.
template <class Request, class Response>
class ServerCall {
    using Payload = detail::payload<Response>;

public:
    ServerCall(ServerCall&& other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), request_(std::move(other.request_)) {}
    ServerCall& operator=(ServerCall&& other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(request_, other.request_);
        return *this;
    }
    ~ServerCall() { sc_server_call_free(handle_); }

    /// Returns the request.
    const Sample<Request>& request() const noexcept { return request_; }
    /// Returns how long it is until the deadline: zero if it has passed, or the call has ended.
    std::chrono::nanoseconds remaining() const noexcept {
        return std::chrono::nanoseconds(sc_server_call_remaining(handle_));
    }
    /// Returns whether the client wants nothing more of this call, or has ended, or the deadline has passed.
    bool is_cancelled() const noexcept { return sc_server_call_is_cancelled(handle_); }

    /// Sends an item. Waits while the client has not taken as many as its window. Throws `Cancelled` or `Expired`.
    void send(typename Payload::given item) { send(std::nothrow, item).value(); }
    Result<void> send(std::nothrow_t, typename Payload::given item) {
        return done(sc_server_call_send(handle_, Payload::data(item), Payload::size(item), -1));
    }
    /// The same, but does not wait: returns whether it was sent.
    bool try_send(typename Payload::given item) {
        const sc_code code = sc_server_call_send(handle_, Payload::data(item), Payload::size(item), 0);
        return code != SC_FULL && (done(code).value(), true);
    }
    /// Sends the last item of the response, or the only one.
    void respond(typename Payload::given item) { respond(std::nothrow, item).value(); }
    Result<void> respond(std::nothrow_t, typename Payload::given item) {
        return done(sc_server_call_respond(handle_, Payload::data(item), Payload::size(item), -1));
    }
    /// Ends the response after the items that were sent.
    void finish() { done(sc_server_call_finish(handle_)).value(); }
    /// Refuses the request, or ends the response with an error. Of the text 64 bytes are kept.
    void refuse(std::uint32_t code, const std::string& reason) {
        done(sc_server_call_refuse(handle_, code, reason.c_str())).value();
    }

private:
    template <class Req, class Res>
    friend class Server;
    ServerCall(sc_server_call* handle, const sc_message& request) noexcept : handle_(handle), request_(request) {}

    static Result<void> done(sc_code code) {
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return {};
    }

    sc_server_call* handle_;
    Sample<Request> request_;
};

/// Serves the calls of a service's clients. Requests that have expired or were cancelled are skipped.
///
/// It is used by one thread at a time; its calls can be used in others.
template <class Request, class Response>
class Server {
    using Call = ServerCall<Request, Response>;
    using Payloads = std::pair<detail::payload<Request>, detail::payload<Response>>;

public:
    /// Creates a server in the default domain, or as the settings say.
    explicit Server(const std::string& service, const ServerSettings& settings = {})
        : Server(create(std::nothrow, service, settings).value()) {}
    static Result<Server> create(std::nothrow_t, const std::string& service, const ServerSettings& settings = {}) {
        const Result<const sc_schema*> request = detail::schema_of<Request>();
        const Result<const sc_schema*> response = detail::schema_of<Response>();
        if (!request || !response) {
            return request ? response.error() : request.error();
        }
        sc_server* handle = nullptr;
        const char* domain = detail::text_or_null(settings.domain_);
        const sc_code code = sc_server_create(
            service.c_str(), *request, *response, domain, settings.any_, settings.standby_ns_, &handle);
        if (code != SC_OK) {
            return detail::last_failure(code);
        }
        return Server(handle);
    }

    Server(Server&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Server& operator=(Server&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    /// Takes no more calls, and refuses those that were not taken. The others go on.
    ~Server() { sc_server_free(handle_); }

    /// Waits for the next call.
    Call next() { return std::move(*next(std::nothrow, -1).value()); }
    /// Returns the next call if there is one. Does not wait.
    std::optional<Call> try_next() { return next(std::nothrow, 0).value(); }
    /// Waits for the next call; returns none if none comes within this time.
    template <class Rep, class Period>
    std::optional<Call> next_for(std::chrono::duration<Rep, Period> time) {
        return next(std::nothrow, detail::nanoseconds(time)).value();
    }
    /// The same with a time in nanoseconds: less than 0 is for ever.
    Result<std::optional<Call>> next(std::nothrow_t, std::int64_t time_ns) {
        sc_server_call* call = nullptr;
        sc_message request = sc_message_none();
        sc_code code = sc_server_next(handle_, time_ns, &call);
        if (code == SC_EMPTY) {
            return std::optional<Call>();
        }
        if (code == SC_OK) {
            code = sc_server_call_request(call, &request);
        }
        if (code != SC_OK) {
            Failure failure = detail::last_failure(code);
            sc_server_call_free(call);
            return failure;
        }
        return std::optional<Call>(Call(call, request));
    }
    /// Returns a descriptor for `poll` and `epoll`, readable when there may be calls, until `try_next` has found none. The
    /// server owns it.
    int event_fd() {
        int fd = -1;
        const sc_code code = sc_server_event_fd(handle_, &fd);
        if (code != SC_OK) {
            detail::raise(detail::last_failure(code));
        }
        return fd;
    }

private:
    explicit Server(sc_server* handle) noexcept : handle_(handle) {}

    sc_server* handle_;
};

} // namespace slotcast

#endif
