"""Measures the Python package, beside other ways to pass arrays between processes of one machine.

    pip install pyzmq iceoryx2        as far as they are wanted
    python speed.py                   build the package with `maturin develop --release` first
    python speed.py --check           fails if a target is missed

Each figure is the median of several rounds. Those of other programs are ratios: how many times as
long as Slotcast they take. Each of them has to deliver the same: a frame that the sender writes into
whatever memory it sends from, and that the receiver sees as a numpy array.
"""

import argparse
import asyncio
import importlib.util
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

import slotcast as sc

FRAME = 4 << 20
ROUNDS = 200
SMALL = np.dtype([("stamp_ns", "u8"), ("numbers", "f8", 5)])

TARGETS = {
    "a 4 MiB frame to a numpy view, in µs": ("<", 3.0),
    "take_many, in million messages of 48 bytes a second": (">", 10.0),
    "async for at 1 kHz, in % of a core": ("<", 3.0),
    "import slotcast, in ms": ("<", 60.0),
}


# What Slotcast does by itself.


def frame_to_view() -> float:
    """Return how long receiving a frame that is present takes, until numpy has it, in µs."""
    times = []
    with sc.testing.temporary_domain() as domain:
        with sc.Publisher("frames", sc.tensor(), domain=domain) as pub:
            with sc.Subscriber("frames", domain=domain) as sub:
                for _ in range(ROUNDS):
                    with pub.loan((FRAME,)) as image:
                        image[::4096] = 7
                    begin = time.perf_counter_ns()
                    view = np.asarray(sub.try_recv())
                    times.append((time.perf_counter_ns() - begin) / 1000)
                    assert view.nbytes == FRAME and not view.flags.owndata and view[0] == 7
                    del view
    return statistics.median(times[ROUNDS // 10 :])


def take_many() -> float:
    """Return how many messages of 48 bytes are taken in a microsecond: millions in a second."""
    count, rates = 1 << 15, []
    assert SMALL.itemsize == 48
    with sc.testing.temporary_domain() as domain:
        with sc.Publisher("small", sc.schema_of(SMALL, "Small"), domain=domain, depth=count) as pub:
            with sc.Subscriber("small", domain=domain) as sub:
                message = np.zeros((), SMALL)
                for _ in range(10):
                    for number in range(count):
                        message["stamp_ns"] = number
                        pub.publish(message)
                    begin = time.perf_counter_ns()
                    taken = sub.take_many(count)
                    rates.append(len(taken) * 1000 / (time.perf_counter_ns() - begin))
                    assert taken["stamp_ns"][-1] == count - 1 and len(taken) == count
    return statistics.median(rates)


SECONDS = 3


def async_for(run: Callable[[Any], Any] = asyncio.run) -> float:
    """Return how busy a task is that awaits a message each millisecond, in percent of a core."""
    with sc.testing.temporary_domain() as domain, sc.Subscriber("ticks", sc.u64, domain=domain, wait="sleep") as sub:
        with child(_tick, str(domain.path)):
            return run(_cost_of(sub))


def async_pipe(run: Callable[[Any], Any] = asyncio.run) -> float:
    """Return the same for one byte of a pipe: what asyncio costs by itself."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with child(_tick_by_pipe, theirs), ours:
        return run(_cost_of(_bytes_of(ours.fileno())))


async def _bytes_of(fd: int) -> AsyncIterator[bytes]:
    loop, waiter = asyncio.get_running_loop(), None

    def readable() -> None:
        if waiter is not None and not waiter.done():
            waiter.set_result(os.read(fd, 1))

    loop.add_reader(fd, readable)
    try:
        while True:
            waiter = loop.create_future()
            yield await waiter
    finally:
        loop.remove_reader(fd)


async def _cost_of(source: Any) -> float:
    number, cpu, begin = 0, 0.0, 0.0
    async for _ in source:
        if number == 0:
            cpu, begin = time.process_time(), time.monotonic()
        number += 1
        if time.monotonic() - begin > SECONDS - 0.5:
            break
    cost, rate = time.process_time() - cpu, number / (time.monotonic() - begin)
    assert rate > 500, f"only {rate:.0f} messages a second came: the machine is too busy"
    return 100 * 1000 * cost / number


def _each_millisecond() -> Iterator[int]:
    begin = time.monotonic()
    for number in range(SECONDS * 1000):
        time.sleep(max(0.0, begin + number / 1000 - time.monotonic()))
        yield number


def _tick(path: str) -> None:
    with sc.Publisher("ticks", sc.u64, domain=sc.Domain(path)) as pub:
        pub.wait_for_subscribers(1, timeout=10)
        for number in _each_millisecond():
            pub.publish(number)


def _tick_by_pipe(pipe: Connection) -> None:
    for _ in _each_millisecond():
        os.write(pipe.fileno(), b"1")


def importing() -> float:
    """Return how much longer Python takes to start if it imports the package, in ms."""

    def start(program: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        return 1000 * (time.perf_counter() - begin)

    pairs = [(start("import slotcast"), start("pass")) for _ in range(15)]
    return statistics.median(with_it - without for with_it, without in pairs)


# Frames to another process and a small answer back. Each function answers frames in the other
# process, or sends one and waits for the answer.

Exchange = Callable[[np.ndarray], None]


@contextmanager
def child(target: Callable[..., None], *arguments: Any) -> Iterator[multiprocessing.Process]:
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments)
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join()


def check(array: np.ndarray) -> None:
    assert array.nbytes == FRAME and array[0] == array[-1]


@contextmanager
def slotcast() -> Iterator[Exchange]:
    with sc.testing.temporary_domain() as domain, child(_slotcast, str(domain.path)):
        with sc.Publisher("frames", sc.tensor(), domain=domain) as pub:
            with sc.Subscriber("answers", sc.u64, domain=domain) as answers:
                assert pub.wait_for_subscribers(1, timeout=30) and answers.wait_for_publishers(1, timeout=30)

                def exchange(frame: np.ndarray) -> None:
                    with pub.loan(frame.shape, dtype=frame.dtype) as image:
                        np.copyto(image, frame)
                    answers.recv()

                yield exchange


def _slotcast(path: str) -> None:
    domain = sc.Domain(path)
    with sc.Publisher("answers", sc.u64, domain=domain) as answers:
        with sc.Subscriber("frames", sc.tensor(), domain=domain) as frames:
            for frame in frames:
                check(np.asarray(frame))
                del frame
                answers.publish(1)


@contextmanager
def pipe_and_pickle() -> Iterator[Exchange]:
    ours, theirs = multiprocessing.Pipe()
    with child(_pipe_and_pickle, theirs):

        def exchange(frame: np.ndarray) -> None:
            ours.send(frame)
            ours.recv()

        yield exchange


def _pipe_and_pickle(pipe: Connection) -> None:
    while True:
        check(pipe.recv())
        pipe.send(1)


@contextmanager
def shared_memory_and_pipe() -> Iterator[Exchange]:
    from multiprocessing.shared_memory import SharedMemory

    ours, theirs = multiprocessing.Pipe()
    memory = SharedMemory(create=True, size=FRAME)
    try:
        with child(_shared_memory_and_pipe, theirs, memory.name):
            shared = np.ndarray((FRAME,), np.uint8, memory.buf)

            def exchange(frame: np.ndarray) -> None:
                np.copyto(shared, frame)
                ours.send(FRAME)
                ours.recv()

            yield exchange
            del shared, exchange
    finally:
        memory.close()
        memory.unlink()


def _shared_memory_and_pipe(pipe: Connection, name: str) -> None:
    from multiprocessing.shared_memory import SharedMemory

    memory = SharedMemory(name)
    while True:
        check(np.ndarray((pipe.recv(),), np.uint8, memory.buf))
        pipe.send(1)


@contextmanager
def pyzmq() -> Iterator[Exchange]:
    import zmq

    path = f"ipc:///tmp/slotcast-speed-{os.getpid()}"
    with child(_pyzmq, path), zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.bind(path)

        def exchange(frame: np.ndarray) -> None:
            socket.send(frame, copy=False)
            socket.recv()

        yield exchange


def _pyzmq(path: str) -> None:
    import zmq

    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.connect(path)
        while True:
            check(np.frombuffer(socket.recv(copy=False).buffer, np.uint8))
            socket.send(b"1")


class Iceoryx2:
    """One side: it sends by one service and receives by another. Its events tell when to receive."""

    def __init__(self, sends: str, receives: str) -> None:
        import ctypes

        import iceoryx2 as iox2

        iox2.set_log_level(iox2.LogLevel.Error)
        self.node = node = iox2.NodeBuilder.new().create(iox2.ServiceType.Ipc)

        def arrays(name: str) -> Any:
            builder = node.service_builder(iox2.ServiceName.new(name))
            return builder.publish_subscribe(iox2.Slice[ctypes.c_uint8]).open_or_create()

        def events(name: str) -> Any:
            return node.service_builder(iox2.ServiceName.new(name)).event().open_or_create()

        self.listener = events(receives).listener_builder().create()
        self.notifier = events(sends).notifier_builder().create()
        self.subscriber = arrays(receives).subscriber_builder().create()
        self.publisher = arrays(sends).publisher_builder().initial_max_slice_len(FRAME).create()
        self.moment = iox2.Duration.from_millis(100)

    def send(self, array: np.ndarray) -> None:
        sample = self.publisher.loan_slice_uninit(len(array))
        np.copyto(np.frombuffer(sample.payload().as_memory_view(), np.uint8), array)
        sample.assume_init().send()
        self.notifier.notify()

    def receive(self) -> Any:
        while (sample := self.subscriber.receive()) is None:
            self.listener.timed_wait(self.moment)
        return sample


@contextmanager
def iceoryx2() -> Iterator[Exchange]:
    names = [f"slotcast/speed/{way}/{os.getpid()}" for way in ("frames", "answers")]
    side = Iceoryx2(*names)
    with child(_iceoryx2, *reversed(names)):
        side.receive()  # it is there

        def exchange(frame: np.ndarray) -> None:
            side.send(frame)
            side.receive()

        yield exchange


def _iceoryx2(sends: str, receives: str) -> None:
    side, answer = Iceoryx2(sends, receives), np.ones(1, np.uint8)
    side.send(answer)
    while True:
        sample = side.receive()
        check(np.frombuffer(sample.payload().as_memory_view(), np.uint8))
        del sample
        side.send(answer)


def frames_and_answers(exchanging: Callable[[], Any]) -> float:
    """Return how long it takes to send a frame and to get an answer, in µs."""
    frame, times = np.full(FRAME, 7, np.uint8), []
    with exchanging() as exchange:
        for _ in range(ROUNDS):
            begin = time.perf_counter_ns()
            exchange(frame)
            times.append((time.perf_counter_ns() - begin) / 1000)
    return statistics.median(times[ROUNDS // 10 :])


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure the Python package.")
    arguments.add_argument("--check", action="store_true", help="fail if a target is missed")
    arguments.add_argument("--alone", action="store_true", help="leave out other programs")
    options = arguments.parse_args()
    missed = 0
    for (what, (relation, target)), measure in zip(TARGETS.items(), (frame_to_view, take_many, async_for, importing)):
        value = measure()
        is_met = value < target if relation == "<" else value > target
        missed += not is_met
        print(f"{what}: {value:.2f} (target: {relation} {target}){'' if is_met else ': MISSED'}", flush=True)
    pipe = async_pipe()
    print(f"  one byte of a pipe in asyncio, in % of a core: {pipe:.2f}", flush=True)
    if importlib.util.find_spec("uvloop") is not None:
        import uvloop

        print(f"  async for in uvloop: {async_for(uvloop.run):.2f}; the pipe: {async_pipe(uvloop.run):.2f}", flush=True)
    if not options.alone:
        own = frames_and_answers(slotcast)
        print(f"a 4 MiB frame to another process and an answer: {own:.0f} µs; as a multiple of that:", flush=True)
        for other in (pipe_and_pickle, shared_memory_and_pipe, pyzmq, iceoryx2):
            try:
                print(f"  {other.__name__}: {frames_and_answers(other) / own:.2f}", flush=True)
            except ImportError as error:
                print(f"  {other.__name__}: {error}")
    if missed and options.check:
        raise SystemExit(f"{missed} targets were missed")


if __name__ == "__main__":
    main()
