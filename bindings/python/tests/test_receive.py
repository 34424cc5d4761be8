"""Receiving: waits, views that outlive handles, threads, forks, dying peers."""

import asyncio
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import slotcast as sc
from conftest import PATIENCE, Peer, until


def test_timeouts_and_closed_handles(domain: sc.Domain) -> None:
    sub = sc.Subscriber("counter", sc.u64, domain=domain)
    assert sub.try_recv() is None and sub.recv(timeout=0.01) is None and sub.latest() is None
    for wrong in (-1, float("nan")):
        with pytest.raises(ValueError, match="timeout"):
            sub.recv(timeout=wrong)
    sub.close()
    sub.close()
    assert sub.closed
    for act in (sub.try_recv, sub.recv, sub.latest, sub.fileno, lambda: sub.take_many(1), lambda: sub.lost):
        with pytest.raises(sc.Closed, match="counter"):
            act()
    assert list(sub) == []
    pub = sc.Publisher("counter", sc.u64, domain=domain)
    pub.close()
    with pytest.raises(sc.Closed, match="counter"):
        pub.publish(1)


def test_no_publisher_and_other_layouts(domain: sc.Domain) -> None:
    with pytest.raises(sc.NoPublisher, match="counter"):
        sc.Subscriber("counter", domain=domain)
    with pytest.raises(sc.NoPublisher):
        sc.schema("counter", domain)
    with sc.Publisher("counter", sc.u64, domain=domain):
        assert sc.topics(domain) == ["counter"]
        with pytest.raises(sc.Mismatch, match="u32"):
            sc.Subscriber("counter", sc.u32, domain=domain)
        with pytest.raises(ValueError, match="wait"):
            sc.Subscriber("counter", domain=domain, wait="never")


def test_latest_history_and_take_many(domain: sc.Domain) -> None:
    dtype = np.dtype([("a", "u8"), ("b", "f4", 10)])
    with sc.Publisher("small", sc.schema_of(dtype, "Small"), domain=domain, depth=5000, history=5000) as pub:
        record = np.zeros((), dtype)
        for number in range(3000):
            record["a"] = number
            pub.publish(record)
        with sc.Subscriber("small", domain=domain, history=5000) as sub:
            taken = sub.take_many(2500)
            assert taken.dtype == sub.schema.dtype and taken["a"].tolist() == list(range(2500))
            assert sub.latest().a == 2999
            assert len(sub.take_many(10)) == 0
            with pytest.raises(ValueError, match="memory"):
                sub.take_many(1 << 62)


def test_views_outlive_subscriber_and_publisher(domain: sc.Domain) -> None:
    pub, sub = sc.Publisher("images", sc.tensor(), domain=domain), None
    sub = sc.Subscriber("images", domain=domain)
    assert pub.wait_for_subscribers(1, timeout=10)
    array = np.arange(1 << 16, dtype="u4")
    pub.publish(array)
    frame = sub.recv(timeout=10)
    view, raw = np.asarray(frame)[10:], frame.bytes
    pub.close()
    sub.close()
    del pub, sub, frame
    gc.collect()
    assert np.array_equal(view, array[10:]) and len(raw) >= array.nbytes


def test_a_view_holds_the_slot(domain: sc.Domain) -> None:
    with sc.Publisher("images", sc.tensor(), domain=domain) as pub, sc.Subscriber("images", domain=domain) as sub:
        pub.publish(np.full(4096, 1, "u1"))
        view = np.asarray(sub.recv(timeout=10))  # the sample is gone, and the view holds it
        for number in range(2, 200):
            pub.publish(np.full(4096, number, "u1"))
            sub.recv(timeout=10)
        assert (view == 1).all()


def test_more_samples_than_max_samples_are_copied(domain: sc.Domain) -> None:
    with sc.Publisher("images", sc.tensor(), domain=domain) as pub:
        with sc.Subscriber("images", domain=domain, max_samples=2) as sub:
            held = []
            for number in range(6):
                pub.publish(np.full(4096, number, "u1"))
                held.append(sub.recv(timeout=10))
            assert sum(sample.is_in_place for sample in held) <= 2
            assert [np.asarray(sample)[0] for sample in held] == list(range(6))


def test_cycles_are_collected(domain: sc.Domain) -> None:
    with sc.Publisher("images", sc.tensor(), domain=domain, max_memory=1 << 20) as pub:
        with sc.Subscriber("images", domain=domain) as sub:
            for _ in range(40):  # more than the pool holds
                pub.publish(np.zeros(100_000, "u1"))
                node: dict[str, Any] = {"frame": np.asarray(sub.recv(timeout=10))}
                node["self"] = node
                del node
                gc.collect()


def test_another_thread_is_told(domain: sc.Domain) -> None:
    sub = sc.Subscriber("counter", sc.u64, domain=domain)
    ended: list[object] = []
    waiter = threading.Thread(target=lambda: ended.extend(sub))
    waiter.start()

    def is_busy() -> bool:
        try:
            sub.try_recv()
        except sc.Busy as error:
            assert "one thread at a time" in str(error)
            return True
        return False

    until("the other thread waits", is_busy)
    sub.close()
    waiter.join(PATIENCE)
    assert not waiter.is_alive() and ended == []


def test_publishers_are_shared_by_threads(domain: sc.Domain) -> None:
    with sc.Publisher("counter", sc.u64, domain=domain, depth=4000) as pub:
        with sc.Subscriber("counter", domain=domain) as sub:
            threads = [threading.Thread(target=lambda: [pub.publish(1) for _ in range(500)]) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
            assert len(sub.take_many(4000)) == 2000


WAITS = {
    "recv": "sub.recv()",
    "iteration": "list(sub)",
    "wait_for_publishers": "sub.wait_for_publishers(2)",
    "wait_for_subscribers": "pub.wait_for_subscribers(2)",
    "lossless": "pub.publish(1); pub.publish(2)",
    "asyncio": "import asyncio; asyncio.run(sc.aio.AsyncSubscriber(sub).recv())",
}


@pytest.mark.parametrize("wait", WAITS)
def test_interrupts_end_every_wait(peer: Callable[[str], Peer], wait: str) -> None:
    program = f"""
pub = sc.Publisher("counter", sc.u64, domain=domain, depth=1, lossless=1000)
sub = sc.Subscriber("counter", domain=domain, lossless=True)
print("waits", flush=True)
try:
    {WAITS[wait]}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    other = peer(program)
    assert other.hear() == "waits"
    until("it sleeps", lambda: _state(other.process.pid) == "S")
    other.process.send_signal(signal.SIGINT)
    assert other.hear() == "interrupted"
    assert other.finish() == 0


def _state(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def test_a_signal_handler_cannot_use_a_publisher_that_waits(peer: Callable[[str], Peer]) -> None:
    other = peer("""
import signal
pub = sc.Publisher("counter", sc.u64, domain=domain, depth=1, lossless=1000)
sub = sc.Subscriber("counter", domain=domain, lossless=True)
pub.publish(1)

def handler(*_):
    try:
        pub.publish(3)
    except sc.Busy as error:
        print(error, flush=True)
        sub.try_recv()  # so that there is capacity

signal.signal(signal.SIGUSR1, handler)
print("waits", flush=True)
pub.publish(2)
print("published", sub.recv(timeout=10).to_dict(), flush=True)
""")
    assert other.hear() == "waits"
    until("it sleeps", lambda: _state(other.process.pid) == "S")
    other.process.send_signal(signal.SIGUSR1)
    assert "signal handler" in other.hear()
    assert other.hear() == "published 2"
    assert other.finish() == 0


def test_a_lossless_publisher_says_who_lags(domain: sc.Domain) -> None:
    with sc.Publisher("counter", sc.u64, domain=domain, depth=2, lossless=0.05) as pub:
        with sc.Subscriber("counter", domain=domain, lossless=True) as sub:
            pub.publish(1)
            pub.publish(2)
            with pytest.raises(sc.LagTimeout, match="counter"):
                pub.publish(3)
            assert [sub.recv(timeout=10).to_dict() for _ in range(2)] == [1, 2]
            pub.publish(3)


def test_peers_that_are_killed(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    with sc.Subscriber("images", sc.tensor(), domain=domain) as sub:
        publisher = 'pub = sc.Publisher("images", sc.tensor(), domain=domain)\npub.publish(np.full(5000, 7, "u1"))\nsys.stdin.read()'
        other = peer(f"""{publisher.replace('pub.publish', 'pub.wait_for_subscribers(1, timeout=30); pub.publish')}""")
        frame = sub.recv(timeout=PATIENCE)
        other.kill()
        assert (np.asarray(frame) == 7).all()
        del frame
        assert sub.recv(timeout=0.01) is None


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_use_handles_of_their_own(domain: sc.Domain, method: str) -> None:
    context = multiprocessing.get_context(method)
    with sc.Publisher("counter", sc.u64, domain=domain) as pub, sc.Subscriber("counter", domain=domain, history=1) as sub:
        received = context.Event()
        child = context.Process(target=_child, args=(str(domain.path), received))
        child.start()
        assert sub.recv(timeout=PATIENCE).to_dict() == 42
        received.set()
        child.join(PATIENCE)
        assert child.exitcode == 0
        pub.publish(1)
        assert sub.recv(timeout=10).to_dict() == 1


def _child(path: str, received: Any) -> None:
    with sc.Publisher("counter", sc.u64, domain=sc.Domain(path)) as pub:
        pub.publish(42)
        assert received.wait(PATIENCE)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_handles_of_the_parent_are_refused_in_a_forked_child(domain: sc.Domain) -> None:
    with sc.Publisher("counter", sc.u64, domain=domain) as pub, sc.Subscriber("counter", domain=domain) as sub:
        pid = os.fork()
        if pid == 0:
            refused = 0
            for act in (lambda: pub.publish(1), sub.try_recv, lambda: sub.recv(timeout=1)):
                try:
                    act()
                except sc.Forked:
                    refused += 1
            os._exit(refused)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
        pub.publish(5)
        assert sub.recv(timeout=10).to_dict() == 5


def test_interpreters_end_with_live_handles(domain: sc.Domain) -> None:
    program = """
import sys, threading, slotcast as sc, numpy as np
domain = sc.Domain(sys.argv[1])
pub = sc.Publisher("images", sc.tensor(), domain=domain)
sub = sc.Subscriber("images", domain=domain)
other = sc.Subscriber("images", domain=domain)
pub.publish(np.zeros(5000))
frame = sub.recv(timeout=10)
view = np.asarray(frame)
other.recv(timeout=10)
threading.Thread(target=other.recv, daemon=True).start()
loan = pub.loan((10, 10)); image = loan.__enter__()
"""
    ended = subprocess.run([sys.executable, "-c", program, str(domain.path)], timeout=PATIENCE, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    with sc.Publisher("images", sc.tensor(), domain=domain):
        pass  # whoever comes next removes what was left


def test_async_iteration(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    with sc.Subscriber("counter", sc.u64, domain=domain) as sub:
        peer("""
pub = sc.Publisher("counter", sc.u64, domain=domain)
pub.wait_for_subscribers(1, timeout=30)
for number in range(100):
    pub.publish(number)
sys.stdin.read()
""")

        async def numbers() -> list[int]:
            seen = []
            async for sample in sub:
                seen.append(sample.to_dict())
                if len(seen) == 100:
                    break
            return seen

        assert asyncio.run(asyncio.wait_for(numbers(), PATIENCE)) == list(range(100))
        with pytest.raises(TimeoutError):  # cancelling it leaves nothing in the loop
            asyncio.run(asyncio.wait_for(numbers(), 0.05))
        assert sub.try_recv() is None


def test_subinterpreters_are_refused(domain: sc.Domain) -> None:
    program = """
import slotcast
import _xxsubinterpreters as interpreters
try:
    interpreters.run_string(interpreters.create(), "import slotcast")
except interpreters.RunFailedError as error:
    print(error)
"""
    if sys.version_info >= (3, 13):
        pytest.skip("the module of subinterpreters has another name here")
    ended = subprocess.run([sys.executable, "-c", program], timeout=PATIENCE, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "") and "subinterpreters" in ended.stdout
