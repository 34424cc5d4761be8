// Is compiled with -fno-exceptions: every failure is a Result.

#include "messages.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

int failed(const char* what, const slotcast::Failure& failure) {
    std::printf("%s: %d: %s\n", what, static_cast<int>(failure.code), failure.text.c_str());
    return 1;
}

} // namespace

int main() {
    const char* domain = std::getenv("SLOTCAST_TEST_DOMAIN");
    const auto publishing = slotcast::PublisherSettings().domain(domain).max_len(1000);
    const auto subscribing = slotcast::SubscriberSettings().domain(domain);

    auto nowhere = slotcast::Publisher<Imu>::create(std::nothrow, "not a topic", publishing);
    if (nowhere || nowhere.error().code != SC_ERROR_ARGUMENT || nowhere.error().text.empty()) {
        return 2;
    }
    auto publisher = slotcast::Publisher<Samples>::create(std::nothrow, "samples", publishing);
    if (!publisher) {
        return failed("publisher", publisher.error());
    }
    auto other = slotcast::Subscriber<Imu>::create(std::nothrow, "samples", subscribing);
    if (other || other.error().code != SC_ERROR_MISMATCH) {
        return 3;
    }
    auto subscriber = slotcast::Subscriber<Samples>::create(std::nothrow, "samples", subscribing);
    if (!subscriber) {
        return failed("subscriber", subscriber.error());
    }
    const std::vector<std::uint32_t> values(1000, 7);
    auto sent = publisher->publish(std::nothrow, FrameInfo{5}, values);
    if (!sent) {
        return failed("publish", sent.error());
    }
    auto received = subscriber->recv_for(std::nothrow, std::chrono::seconds(60));
    if (!received) {
        return failed("recv", received.error());
    }
    if (!received->has_value() || (*received)->header().number != 5 || (*received)->size() != 1000 ||
        (**received)[999] != 7) {
        return 4;
    }
    auto none = subscriber->try_recv(std::nothrow);
    if (!none || none->has_value()) {
        return 5;
    }
    const std::vector<std::uint32_t> too_many(1001, 7);
    auto refused = publisher->publish(std::nothrow, FrameInfo{6}, too_many);
    if (refused || refused.error().text.find("1001") == std::string::npos) {
        return 6;
    }
    std::printf("done\n");
    return 0;
}
