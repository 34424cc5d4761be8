"""Waiting for several things at once, and events."""

import asyncio
import gc
import os
import signal
import socket
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import slotcast as sc
from conftest import PATIENCE, Peer


def test_what_is_ready_is_named(domain: sc.Domain) -> None:
    left, right = socket.socketpair()
    with sc.WaitSet() as waits, left, right, sc.Publisher("counter", sc.u64, domain=domain) as pub:
        with sc.Subscriber("counter", domain=domain) as sub, sc.watch("counter", domain) as members:
            key = waits.add(sub)
            waits.add(left)
            assert sub.try_recv() is None  # a new descriptor says that there may be messages
            assert waits.wait(timeout=0.01) == [] and len(waits) == 2
            pub.publish(1)
            (ready,) = waits.wait()
            assert (ready.key, ready.kind) == (key, "messages") and ready.source is sub
            assert sub.recv(timeout=10).to_dict() == 1 and sub.try_recv() is None
            right.send(b"ping")
            (ready,) = waits.wait()
            assert ready.source is left and ready.kind == "descriptor" and not ready.closed
            assert left.recv(4) == b"ping"
            waits.add(members)
            assert {ready.source for ready in waits.wait()} == {members}
            with pytest.raises(KeyError, match="key 12345"):
                waits.remove(12345)
            waits.remove(key)
            pub.publish(2)
            while members.try_next() is not None:
                pass
            assert waits.wait(timeout=0.05) == []


def test_intervals_deadlines_and_triggers(domain: sc.Domain) -> None:
    with sc.WaitSet() as waits, sc.Subscriber("counter", sc.u64, domain=domain) as sub:
        key = waits.add(sub)
        assert sub.try_recv() is None  # a new descriptor says that there may be messages
        waits.deadline(key, 0.01)
        (ready,) = waits.wait(timeout=PATIENCE)
        assert (ready.kind, ready.source is sub) == ("missed", True) and ready.silence >= 0.01
        waits.remove(key)
        interval = waits.interval(0.005)
        (ready,) = waits.wait(timeout=PATIENCE)
        assert (ready.key, ready.kind, ready.source) == (interval, "interval", None) and ready.periods >= 1
        waits.remove(interval)
        trigger = waits.trigger()
        thread = threading.Thread(target=trigger.fire)
        thread.start()
        (ready,) = waits.wait(timeout=PATIENCE)
        assert ready.kind == "triggered" and ready.source is trigger and ready.key == trigger.key
        thread.join(PATIENCE)
        for wrong in (lambda: waits.interval(0.0), lambda: waits.interval(-1.0), lambda: waits.deadline(trigger.key, 1.0)):
            with pytest.raises(ValueError):
                wrong()
    with pytest.raises(sc.Closed, match="wait set"):
        waits.wait()
    with sc.WaitSet() as waits, pytest.raises(sc.SlotcastError, match="empty"):
        waits.wait()


def test_cycles_through_a_wait_set_are_collected(domain: sc.Domain) -> None:
    class Mine(sc.Subscriber):
        pass

    sub, waits = Mine("counter", sc.u64, domain=domain), sc.WaitSet()
    waits.add(sub)
    sub.waits = waits
    gone = weakref.ref(sub)
    del sub, waits
    gc.collect()
    assert gone() is None


def test_interrupts_end_waits_of_a_set(peer: Callable[[str], Peer]) -> None:
    in_a_set = "waits = sc.WaitSet(); waits.trigger(); waits.wait()"
    for wait in (in_a_set, 'next(sc.watch("t", domain))', 'next(sc.Listener("t", domain=domain))'):
        other = peer(f'try:\n    print("waits", flush=True)\n    {wait}\nexcept KeyboardInterrupt:\n    print("interrupted", flush=True)')
        assert other.hear() == "waits"
        other.process.send_signal(signal.SIGINT)
        assert other.hear() == "interrupted"
        assert other.finish() == 0


def test_events_are_counted(domain: sc.Domain) -> None:
    with sc.Listener("button", domain=domain) as machine, sc.Notifier("button", domain=domain, name="red") as button:
        assert button.wait_for_listeners(1, timeout=PATIENCE) and len(button.listeners()) == 1
        joined = machine.recv(timeout=PATIENCE)
        assert (joined.kind, joined.notifier.name, joined.id) == ("joined", "red", None)
        assert machine.try_recv() is None
        for _ in range(1000):
            button.notify(7)
        button.notify(255)
        heard = {}
        while (notice := machine.try_recv()) is not None:
            assert notice.kind == "event"
            heard[notice.id] = heard.get(notice.id, 0) + notice.count
        assert heard == {7: 1000, 255: 1} and button.count(7) == 1000
        for wrong in (256, -1):
            with pytest.raises(OverflowError):
                button.notify(wrong)
        assert [peer.name for peer in machine.notifiers()] == ["red"]
        button.close()
        assert machine.recv(timeout=PATIENCE).kind == "left"
        with pytest.raises(sc.Closed, match="button"):
            button.notify(7)


def test_events_of_another_process(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    with sc.Listener("button", domain=domain, ids=[1, 2]) as machine:
        other = peer("""
button = sc.Notifier("button", domain=domain)
button.wait_for_listeners(1, timeout=30)
button.notify(2)
print("told", flush=True)
sys.stdin.read()
""")

        async def first() -> int:
            async for notice in machine:
                if notice.kind == "event":
                    return notice.id
            raise AssertionError("the listener was not closed")

        assert asyncio.run(asyncio.wait_for(first(), PATIENCE)) == 2
        assert other.hear() == "told"
        other.kill()
        assert machine.recv(timeout=PATIENCE).kind == "died"
        waits = sc.WaitSet()
        waits.add(machine)
        threading.Thread(target=machine.close).start()
        assert list(machine) == []


def test_uvloop_awaits_messages(domain: sc.Domain, peer: Callable[[str], Peer]) -> None:
    uvloop = pytest.importorskip("uvloop")
    with sc.Subscriber("counter", sc.u64, domain=domain) as sub:
        peer("""
pub = sc.Publisher("counter", sc.u64, domain=domain)
pub.wait_for_subscribers(1, timeout=30)
for number in range(10):
    pub.publish(number)
    time.sleep(0.001)
sys.stdin.read()
""")

        async def numbers() -> list[int]:
            return [(await sub.recv_async()).to_dict() for _ in range(10)]

        assert uvloop.run(asyncio.wait_for(numbers(), PATIENCE)) == list(range(10))


def test_tasks_are_told_that_a_subscriber_is_closed(domain: sc.Domain) -> None:
    async def until_closed(receiver: Any) -> list[Any]:
        task = asyncio.create_task(all_of(receiver))
        await asyncio.sleep(0.01)
        assert not task.done()
        receiver.close()
        return await asyncio.wait_for(task, PATIENCE)

    async def all_of(receiver: Any) -> list[Any]:
        return [item async for item in receiver]

    assert asyncio.run(until_closed(sc.Subscriber("counter", sc.u64, domain=domain))) == []
    assert asyncio.run(until_closed(sc.Listener("button", domain=domain))) == []


def test_tasks_leave_nothing_in_their_loop(domain: sc.Domain) -> None:
    async def one(sub: sc.Subscriber, pub: sc.Publisher) -> None:
        for number in range(50):
            asyncio.get_running_loop().call_soon(pub.publish, number)
            async for sample in sub:
                assert sample.to_dict() == number
                break
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(sub.recv_async(), 0.001)

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    with sc.Publisher("counter", sc.u64, domain=domain) as pub, sc.Subscriber("counter", domain=domain) as sub:
        asyncio.run(one(sub, pub))
        before = descriptors()
        asyncio.run(one(sub, pub))
        assert descriptors() == before


def test_one_task_at_a_time_waits(domain: sc.Domain) -> None:
    async def two(sub: sc.Subscriber) -> None:
        first = asyncio.create_task(sub.recv_async())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await sub.recv_async()
        first.cancel()

    with sc.Subscriber("counter", sc.u64, domain=domain) as sub:
        asyncio.run(two(sub))
