"""Publishes the processor's load, as often as a parameter says, and counts what it has published.

    python live_rate.py                                   in one terminal
    slotcast param set load/rate 20                       in another: refused are rates beyond 1000
    slotcast echo load/average                            the messages, or read them in any language
    slotcast stat                                         the counters

It ends with Ctrl-C. Readers of the rate then find that its owner has ended.
"""

import argparse
import time

import slotcast as sc


@sc.message
class Load:
    average: sc.f64[3]
    stamp_ns: sc.u64


def load() -> Load:
    with open("/proc/loadavg", encoding="ascii") as file:
        averages = file.read().split()[:3]
    return Load(average=[float(each) for each in averages], stamp_ns=time.monotonic_ns())


def possible(rate: float) -> None:
    if not 0.1 <= rate <= 1000:
        raise ValueError("a rate from 0.1 to 1000 Hz is needed")


def main() -> None:
    arguments = argparse.ArgumentParser(description="Publish the load, at a rate that others tune.")
    arguments.add_argument("--rate", type=float, default=2, help="messages a second at first [default: 2]")
    options = arguments.parse_args()

    with (
        sc.Publisher("load/average", Load) as loads,
        sc.Counters("load") as counters,
        sc.Parameter("load/rate", sc.f64, options.rate, validate=possible) as rate,
    ):
        published = counters.counter("published")
        print(f"{rate.value} Hz", flush=True)
        following = time.monotonic()
        while True:
            # What others want is answered while it waits for the time of the next message.
            if rate.wait(max(0.0, following - time.monotonic())):
                print(f"{rate.value} Hz", flush=True)
                following = time.monotonic()
                continue
            loads.publish(load())
            published.add()
            following += 1 / rate.value


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
