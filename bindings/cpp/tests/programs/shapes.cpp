// Messages of each kind, from this process to itself.

#include <cstdio>
#include <cstdlib>
#include <slotcast.hpp>
#include <vector>

// Larger than what is copied when it is published, with a field that has to be checked.
struct Big {
    std::uint64_t stamp;
    std::array<double, 400> values;
    bool ok;
    slotcast::Pad<7> pad;
};
SLOTCAST_MESSAGE(Big, stamp, values, ok, pad);

namespace {

template <class M>
struct Both {
    explicit Both(const char* topic)
        : subscriber(topic, slotcast::SubscriberSettings().domain(std::getenv("SLOTCAST_TEST_DOMAIN"))),
          publisher(topic, slotcast::PublisherSettings().domain(std::getenv("SLOTCAST_TEST_DOMAIN"))) {}

    slotcast::Subscriber<M> subscriber;
    slotcast::Publisher<M> publisher;
};

void bytes() {
    Both<std::uint8_t[]> both("bytes");
    const std::vector<std::uint8_t> sent{1, 2, 3};
    both.publisher.publish(sent);
    const auto sample = both.subscriber.recv();
    std::printf("bytes: %zu, the last is %d\n", sample.size(), sample[2]);
}

void big() {
    Both<Big> both("big");
    Big message{};
    message.stamp = 7;
    message.ok = true;
    both.publisher.publish(message);
    auto loan = both.publisher.loan();
    loan->stamp = 8;
    loan->values[399] = 2.5;
    std::move(loan).send();
    const auto first = both.subscriber.recv();
    const auto second = both.subscriber.recv();
    std::printf("big: %d %d, %d %.1f, in place: %d\n", static_cast<int>(first->stamp), first->ok,
                static_cast<int>(second->stamp), second->values[399], second.is_in_place());
}

void tensor() {
    Both<slotcast::Slice<std::uint8_t, slotcast::Tensor>> both("tensor");
    auto loan = both.publisher.loan(24);
    loan.header() = *slotcast::Tensor::row_major(slotcast::DType::F32, {2, 3});
    reinterpret_cast<float*>(loan.data())[5] = 1.5F;
    std::move(loan).send();
    const auto sample = both.subscriber.recv();
    const slotcast::span<const std::uint8_t> payload(sample.data(), sample.size());
    const auto floats = sample.header().elements<float>(payload);
    const bool doubles = sample.header().elements<double>(payload).has_value();
    const auto last = static_cast<double>((*floats)[5]);
    std::printf("tensor: %zu, the last is %.1f, doubles: %d\n", floats->size(), last, doubles);
}

void array() {
    Both<float[3]> both("array");
    const float sent[3] = {1, 2, 3};
    both.publisher.publish(sent);
    std::printf("array: %.0f\n", static_cast<double>((*both.subscriber.recv())[2]));
    sc_peer_status source{};
    std::uint64_t count = 0;
    if (sc_subscriber_sources(both.subscriber.handle(), &source, 1, &count) != SC_OK) {
        std::printf("%s\n", sc_last_error());
    }
    std::printf("sources: %d, received: %d\n", static_cast<int>(count), static_cast<int>(source.received));
}

} // namespace

int main() {
    bytes();
    big();
    tensor();
    array();
    return 0;
}
