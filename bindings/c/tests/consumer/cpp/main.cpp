// Publishes one message to itself.

#include <cstdio>
#include <slotcast.hpp>

struct Tick {
    std::uint64_t count;
};
SLOTCAST_MESSAGE(Tick, count);

int main() {
    slotcast::Subscriber<Tick> subscriber("consumer/tick");
    slotcast::Publisher<Tick> publisher("consumer/tick");
    publisher.publish({42});
    std::printf("%d\n", static_cast<int>(subscriber.recv()->count));
    return 0;
}
