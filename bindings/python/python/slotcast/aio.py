"""Receiving in asyncio, by the event loop's `add_reader`: without threads.

>>> import asyncio, slotcast as sc
>>> async def first(domain):
...     with sc.Publisher("counter", sc.u64, domain=domain) as pub:
...         with sc.Subscriber("counter", domain=domain) as sub:
...             pub.publish(7)
...             async for number in sub:
...                 return number.to_dict()
>>> with sc.testing.temporary_domain() as domain:
...     asyncio.run(first(domain))
7
"""

import asyncio
import select
import weakref
from typing import Any, Generic, Protocol, TypeVar

from ._slotcast import ClientHandle, Closed, NoServer, PendingCall, Sample, ServerCall, ServerHandle, WindowFull

Item = TypeVar("Item", covariant=True)


class Receiver(Protocol[Item]):
    """A subscriber of messages, or a listener to events."""

    def try_recv(self) -> Item | None: ...
    def fileno(self) -> int: ...
    def closing_fileno(self) -> int: ...


class AsyncSubscriber(Generic[Item]):
    """Awaits what a subscriber or a listener receives, in one task at a time.

    Closing the subscriber ends that. The event loop watches it from the first wait on, until this
    object is gone.
    """

    # What the event loop watches is an `epoll` of two descriptors. That of the subscriber stays
    # readable until nothing is left to be received. With `EPOLLET` it is reported once for each
    # time that something comes, so that the loop need not stop and start watching each time.

    def __init__(self, subscriber: Receiver[Item]) -> None:
        self._subscriber = subscriber
        self._waiter: asyncio.Future[None] | None = None
        self._watch: _Watch | None = None

    async def recv(self) -> Item:
        """Return the next message."""
        while True:
            item = self._subscriber.try_recv()
            if item is not None:
                return item
            await self._readable()

    def _readable(self) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        if self._waiter is not None and not self._waiter.done():
            raise RuntimeError("another task waits for this subscriber: create one for each task")
        if self._watch is None or self._watch.loop is not loop:
            self._stop()
            self._watch = _Watch(loop, self)
        self._waiter = loop.create_future()
        return self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    def __del__(self) -> None:
        self._stop()

    def __aiter__(self) -> "AsyncSubscriber[Item]":
        return self

    async def __anext__(self) -> Item:
        try:
            return await self.recv()
        except Closed:
            raise StopAsyncIteration from None


class _Watch:
    """What an event loop watches. It does not keep the one that waits alive."""

    def __init__(self, loop: asyncio.AbstractEventLoop, waiting: AsyncSubscriber[Any]) -> None:
        self.loop = loop
        self._waiting = weakref.ref(waiting)
        self._epoll = select.epoll(2)
        self._epoll.register(waiting._subscriber.fileno(), select.EPOLLIN | select.EPOLLET)
        self._epoll.register(waiting._subscriber.closing_fileno(), select.EPOLLIN)
        loop.add_reader(self._epoll.fileno(), self._ready)

    def _ready(self) -> None:
        self._epoll.poll(0)
        waiting = self._waiting()
        if waiting is not None:
            waiting._wake()

    def stop(self) -> None:
        if self.loop.is_closed():
            self._epoll.close()
            return
        try:
            self.loop.call_soon_threadsafe(self._forget)  # this may be another thread
        except RuntimeError:  # it was closed just now
            self._epoll.close()

    def _forget(self) -> None:
        self.loop.remove_reader(self._epoll.fileno())
        self._epoll.close()


# Calls. One descriptor tells of the messages of all calls of a client, and what one task receives may be
# for another one. So each task that waits is woken by the descriptor, and whenever another one has
# received. The descriptor does not tell of deadlines and of peers that have died: those are looked for.

#: How often it is looked for what the descriptor does not tell, in seconds.
_LOOK_EVERY = 0.02


class _Waits:
    """The tasks of an event loop that wait for what a client or a server receives."""

    def __init__(self, handle: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._fileno: int = handle.fileno()
        self._waiting: set[asyncio.Future[None]] = set()
        self._received = 0

    async def wait(self) -> None:
        waiter = self.loop.create_future()
        if not self._waiting:
            self.loop.add_reader(self._fileno, self.wake)
        self._waiting.add(waiter)
        timer = self.loop.call_later(_LOOK_EVERY, _wake, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiting.discard(waiter)
            if not self._waiting:
                self.loop.remove_reader(self._fileno)

    def wake(self) -> None:
        for waiter in self._waiting:
            _wake(waiter)

    def share(self, received: int) -> None:
        """Wake the others, if something has come since the last time."""
        if received != self._received:
            self._received = received
            self.wake()


def _wake(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


_waits: "weakref.WeakKeyDictionary[Any, _Waits]" = weakref.WeakKeyDictionary()


def _waits_of(handle: Any) -> _Waits:
    loop = asyncio.get_running_loop()
    waits = _waits.get(handle)
    if waits is None or waits.loop is not loop:
        waits = _waits[handle] = _Waits(handle, loop)
    return waits


async def begin(client: ClientHandle, request: Any, timeout: float | None) -> PendingCall:
    """Send a request. Awaits a server and a place in the window, until the deadline."""
    loop = asyncio.get_running_loop()
    timeout = client.timeout if timeout is None else timeout
    deadline = loop.time() + timeout
    while True:
        try:
            call = client.try_begin_bytes(request, timeout)
        except (NoServer, WindowFull):
            timeout = deadline - loop.time()
            if timeout <= 0:
                raise
            await asyncio.sleep(min(0.001, timeout))
        else:
            _waits_of(client).share(client.received)
            return call


async def next_item(client: ClientHandle, call: PendingCall) -> Sample | None:
    """Return the next item of a response; `None` after the last one."""
    waits = _waits_of(client)
    while True:
        is_there, item = call.try_next()
        waits.share(client.received)
        if is_there:
            return item
        await waits.wait()


async def next_call(server: ServerHandle) -> ServerCall:
    """Return the next call."""
    waits = _waits_of(server)
    while True:
        call = server.try_recv()
        waits.share(server.received)
        if call is not None:
            return call
        await waits.wait()
