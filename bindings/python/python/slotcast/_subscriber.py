"""Receiving."""

import weakref
from typing import TYPE_CHECKING, Any, Self

from ._slotcast import Domain, Sample, SubscriberHandle
from .messages import schema_of, with_nearest

if TYPE_CHECKING:
    import numpy as np

    from .aio import AsyncSubscriber


class Subscriber(SubscriberHandle):
    """Receives messages from all publishers of a topic.

    Without `type` it is that of a publisher that is present. Iterating waits for messages, without
    holding the interpreter's lock; Ctrl-C ends it. One thread at a time uses a subscriber: another
    gets `Busy`. `close` can be called by any thread, and ends the waits of others.

    >>> import slotcast as sc
    >>> domain = sc.testing.temporary_domain()
    >>> pub = sc.Publisher("counter", sc.u64, domain=domain)
    >>> sub = sc.Subscriber("counter", domain=domain)
    >>> for number in range(3):
    ...     _ = pub.publish(number)
    >>> sub.try_recv().to_dict(), sub.take_many(10).tolist(), sub.try_recv()
    (0, [1, 2], None)
    >>> pub.close(); sub.close(); domain.close()
    """

    _async: "AsyncSubscriber[Sample] | None" = None

    def __new__(cls, topic: str, type: Any = None, *, domain: Domain | None = None, **settings: Any) -> Self:
        schema = None if type is None else schema_of(type)
        try:
            return super().__new__(cls, topic, schema, domain=domain, **settings)
        except TypeError as error:
            raise with_nearest(error, settings, SubscriberHandle) from None

    def take_many(self, most: int) -> "np.ndarray[Any, Any]":
        """Return up to `most` messages that are present, copied in one call. Never waits."""
        import numpy as np

        return np.frombuffer(self.take_bytes(most), self.schema.dtype)

    async def recv_async(self) -> Sample:
        """Return the next message; awaits it in asyncio."""
        if self._async is None:
            from .aio import AsyncSubscriber

            waited: Any = weakref.proxy(self)
            self._async = AsyncSubscriber[Sample](waited)
        return await self._async.recv()

    def __aiter__(self) -> "AsyncSubscriber[Sample]":
        from .aio import AsyncSubscriber

        return AsyncSubscriber(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


__all__ = ["Sample", "Subscriber"]
