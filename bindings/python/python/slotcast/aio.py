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
from typing import TYPE_CHECKING

from ._slotcast import Closed, Sample

if TYPE_CHECKING:
    from ._subscriber import Subscriber


class AsyncSubscriber:
    """Awaits the messages of a subscriber, in one task at a time."""

    def __init__(self, subscriber: "Subscriber") -> None:
        self._subscriber = subscriber
        self._waiter: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fd = -1

    async def recv(self) -> Sample:
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

    def __aiter__(self) -> "AsyncSubscriber":
        return self

    async def __anext__(self) -> Sample:
        try:
            return await self.recv()
        except Closed:
            raise StopAsyncIteration from None
