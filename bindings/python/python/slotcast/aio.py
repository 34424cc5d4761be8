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
from typing import Generic, Protocol, TypeVar

from ._slotcast import Closed

Item = TypeVar("Item", covariant=True)


class Receiver(Protocol[Item]):
    """A subscriber of messages, or a listener to events."""

    def try_recv(self) -> Item | None: ...
    def fileno(self) -> int: ...


class AsyncSubscriber(Generic[Item]):
    """Awaits what a subscriber or a listener receives, in one task at a time."""

    def __init__(self, subscriber: Receiver[Item]) -> None:
        self._subscriber = subscriber
        self._waiter: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fd = -1

    async def recv(self) -> Item:
        """Return the next message."""
        while True:
            sample = self._subscriber.try_recv()
            if sample is not None:
                return sample
            await self._readable()

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        if self._waiter is not None:
            raise RuntimeError("another task waits for this subscriber: create one for each task")
        if self._loop is None:
            self._fd = self._subscriber.fileno()
        self._waiter = waiter = loop.create_future()
        loop.add_reader(self._fd, self._wake)
        self._loop = loop
        try:
            await waiter
        finally:
            loop.remove_reader(self._fd)
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> "AsyncSubscriber[Item]":
        return self

    async def __anext__(self) -> Item:
        try:
            return await self.recv()
        except Closed:
            raise StopAsyncIteration from None
