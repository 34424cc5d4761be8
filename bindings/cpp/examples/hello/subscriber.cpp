// Prints what `publisher` counts, until it is killed.
#include "tick.hpp"
#include <iostream>

int main() {
    slotcast::Subscriber<Tick> subscriber("hello/tick");
    for (const auto& tick : subscriber) {
        std::cout << tick->count << std::endl;
    }
}
