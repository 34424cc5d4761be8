"""Calls: clients and servers."""

from typing import TYPE_CHECKING, Any, Self

from ._payload import encode
from ._slotcast import ClientHandle, Domain, PendingCall, Sample, ServerCall, ServerHandle
from .messages import schema_of, with_nearest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Client(ClientHandle):
    """Calls the servers of a service: each request goes to one of them, and its response is a stream.

    Without types they are those of the server that is present. Threads share a client.

    >>> import slotcast as sc, threading
    >>> domain = sc.testing.temporary_domain()
    >>> server = sc.Server("squares", sc.u64, sc.u64, domain=domain)
    >>> def serve():
    ...     for call in server:
    ...         call.respond(call.request.to_dict() ** 2)
    >>> thread = threading.Thread(target=serve); thread.start()
    >>> client = sc.Client("squares", domain=domain)
    >>> client.call(12).to_dict()
    144
    >>> server.close(); thread.join(); client.close(); domain.close()
    """

    def __new__(
        cls, service: str, request: Any = None, response: Any = None, *, domain: Domain | None = None, **settings: Any
    ) -> Self:
        types = [None if of is None else schema_of(of) for of in (request, response)]
        try:
            return super().__new__(cls, service, *types, domain=domain, **settings)
        except TypeError as error:
            raise with_nearest(error, settings, ClientHandle) from None

    def call(self, value: Any = None, /, timeout: float | None = None, **fields: Any) -> Sample | None:
        """Call, and return the first item of the response; `None` if it has none. The rest is cancelled.

        The request is a value or an array; or its fields by keyword.
        """
        with self.begin(value, timeout, **fields) as call:
            return call.next()

    def begin(self, value: Any = None, /, timeout: float | None = None, **fields: Any) -> PendingCall:
        """Send a request, and return the call: iterating waits for the items of its response.

        Waits until the deadline while there is no server, or as many calls are open as the window.
        """
        return self.begin_bytes(self._encode(value, fields), timeout)

    async def call_async(self, value: Any = None, /, timeout: float | None = None, **fields: Any) -> Sample | None:
        """Call like `call`, in asyncio."""
        async for item in self.stream(value, timeout, **fields):
            return item
        return None

    async def stream(self, value: Any = None, /, timeout: float | None = None, **fields: Any) -> "AsyncIterator[Sample]":
        """Call, and yield the items of the response, in asyncio. Ending the iteration cancels the rest."""
        from . import aio

        with await aio.begin(self, self._encode(value, fields), timeout) as call:
            while True:
                item = await aio.next_item(self, call)
                if item is None:
                    return
                yield item

    def _encode(self, value: Any, fields: dict[str, Any]) -> Any:
        is_slice = isinstance(value, list | tuple)
        return encode(self.request_schema(is_slice), value, fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Server(ServerHandle):
    """Serves the calls of a service's clients. Iterating waits for calls, without holding the lock.

    Requests that have expired or were cancelled are skipped. A server is the only one of its service,
    unless all of them are created with `any=True`. `standby=5` waits up to 5 s until another one ends.

    >>> import slotcast as sc
    >>> domain = sc.testing.temporary_domain()
    >>> server = sc.Server("roots", sc.f64, sc.f64, domain=domain)
    >>> client = sc.Client("roots", sc.f64, sc.f64, domain=domain)
    >>> pending = client.begin(-1)
    >>> with server.recv() as call:
    ...     call.refuse(1, "no real root")
    >>> try:
    ...     pending.next()
    ... except sc.Refused as error:
    ...     print(error.code, error.reason)
    1 no real root
    >>> server.close(); client.close(); domain.close()
    """

    def __new__(cls, service: str, request: Any, response: Any, *, domain: Domain | None = None, **settings: Any) -> Self:
        try:
            return super().__new__(cls, service, schema_of(request), schema_of(response), domain=domain, **settings)
        except TypeError as error:
            raise with_nearest(error, settings, ServerHandle) from None

    async def recv_async(self) -> ServerCall:
        """Return the next call; awaits it in asyncio."""
        from . import aio

        return await aio.next_call(self)

    async def __aiter__(self) -> "AsyncIterator[ServerCall]":
        from ._slotcast import Closed

        while True:
            try:
                call = await self.recv_async()
            except Closed:
                return
            yield call

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
