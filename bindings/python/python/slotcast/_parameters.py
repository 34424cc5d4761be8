"""Parameters: values whose owner accepts new ones from others."""

import time
from collections.abc import Callable
from typing import Any, Self

from ._payload import encode
from ._services import Client, Server
from ._slotcast import CallFailed, CurrentValue, Domain, Peer, Sample, ServerCall, Version
from ._values import ValueReader, ValueWriter
from .messages import schema_of, u64

#: The code with which an owner refuses a value, as owners in Rust do.
_REFUSED = 1
#: How long an owner that has taken a value over waits until the service is free, too.
_EXITING = 5.0


class Parameter:
    """A value of which this process is the owner, and that others ask it to change.

    Anybody reads it, with a `ValueReader`. A `ParameterClient`, Rust's or this one, or `slotcast param set`
    asks for another value. When the owner calls `poll` or `wait`, `validate` is asked: it raises a
    `ValueError` that says why the value is refused. Then `apply` is called, before others can read it.

    Values are numbers or dicts; instances of the class, if the type is a class of `sc.message`. The first
    one is what an earlier owner has left, if `validate` accepts that; otherwise `initial`.

    >>> import slotcast as sc
    >>> domain = sc.testing.temporary_domain()
    >>> def positive(rate):
    ...     if rate <= 0:
    ...         raise ValueError("it stops")
    >>> rate = sc.Parameter("robot/rate", sc.f64, 100, validate=positive, domain=domain)
    >>> _ = rate.set(50)
    >>> rate.value, rate.version.number, rate.poll()
    (50.0, 2, False)
    >>> rate.set(0)
    Traceback (most recent call last):
    ValueError: it stops
    >>> rate.close(); domain.close()
    """

    def __init__(
        self,
        name: str,
        type: Any,
        initial: Any,
        *,
        validate: Callable[[Any], None] | None = None,
        apply: Callable[[Any], None] | None = None,
        domain: Domain | None = None,
        owner: str = "",
        standby: float | None = None,
        survives_owner: bool = False,
    ) -> None:
        self._type, self._schema = type, schema_of(type)
        self._validate, self._apply = validate, apply
        first = encode(self._schema, initial, {})  # fails before anything is created
        # Before it waits: a value that does not survive is seen by readers that are present.
        with ValueReader(name, self._schema, domain=domain, name=owner) as left:
            self._writer = ValueWriter(
                name, self._schema, domain=domain, name=owner, standby=standby, survives_writer=survives_owner
            )
            try:
                exiting = None if standby is None else _EXITING
                self._server = Server(name, self._schema, u64, domain=domain, name=owner, standby=exiting)
                found = self._left(left)
            except BaseException:
                self._writer.close()
                raise
        try:
            self._take(*(found or (first, self._decoded(first))))
        except BaseException:
            self.close()
            raise

    def _left(self, reader: ValueReader) -> tuple[Any, Any] | None:
        """Return what an earlier owner has left, if that is accepted."""
        left = reader.get()
        if left is None:
            return None
        value = self._decoded(left.sample.bytes)
        try:
            if self._validate is not None:
                self._validate(value)
        except ValueError:
            return None
        return bytes(left.sample.bytes), value

    def _decoded(self, payload: Any) -> Any:
        value = self._schema.decode(payload)
        return self._type(**value) if isinstance(self._type, type) and isinstance(value, dict) else value

    def _take(self, payload: Any, value: Any) -> Version:
        if self._apply is not None:
            self._apply(value)
        self.value = value
        return self._writer.set_bytes(payload)

    @property
    def version(self) -> Version:
        """The version of the value, as readers see it."""
        version = self._writer.version
        assert version is not None, "its first value was set when it was created"
        return version

    @property
    def topic(self) -> str:
        """The topic in which the owner and the readers meet: the name, and the part `~value`."""
        return self._writer.topic

    def set(self, value: Any = None, /, **fields: Any) -> Version:
        """Set the value, after validating it. If it is refused, it stays what it was."""
        payload = encode(self._schema, value, fields)
        decoded = self._decoded(payload)
        if self._validate is not None:
            self._validate(decoded)
        return self._take(payload, decoded)

    def poll(self) -> bool:
        """Answer what others want. Return whether another value was taken. Never waits."""
        has_changed = False
        while (call := self._server.try_recv()) is not None:
            has_changed |= self._answer(call)
        return has_changed

    def wait(self, timeout: float | None = None) -> bool:
        """Answer like `poll`, but wait up to `timeout` seconds until another value was taken."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            call = self._server.recv(left)
            if call is None:
                return False
            if self._answer(call):
                self.poll()
                return True

    async def wait_async(self) -> None:
        """Answer what others want, in asyncio, until another value was taken."""
        while not self._answer(await self._server.recv_async()):
            pass
        self.poll()

    def _answer(self, call: ServerCall) -> bool:
        """Return whether the value was taken."""
        with call:
            request = call.request
            value = self._decoded(request.bytes)
            try:
                if self._validate is not None:
                    self._validate(value)
            except ValueError as error:
                _ignoring_ends(lambda: call.refuse(_REFUSED, str(error)))
                return False
            version = self._take(bytes(request.bytes), value)
            _ignoring_ends(lambda: call.respond(version.number))
            return True

    def readers(self) -> list[Peer]:
        """Return the readers that live."""
        return self._writer.readers()

    def fileno(self) -> int:
        """Return a descriptor that is readable when others want another value, until `poll` has answered."""
        return self._server.fileno()

    def close(self) -> None:
        """Leave. Readers that have the value keep it."""
        self._server.close()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f'<Parameter of "{self.topic}">'


def _ignoring_ends(answer: Callable[[], None]) -> None:
    """Answer. A client that does not want the answer any more is not the owner's failure."""
    from ._slotcast import Cancelled, Expired

    try:
        answer()
    except (Cancelled, Expired):
        pass


class ParameterClient:
    """Reads a parameter, and asks its owner for another value. It needs no owner yet.

    >>> import slotcast as sc, threading
    >>> domain = sc.testing.temporary_domain()
    >>> owner = sc.Parameter("robot/rate", sc.f64, 100, domain=domain)
    >>> polling = threading.Thread(target=lambda: owner.wait(10)); polling.start()
    >>> rate = sc.ParameterClient("robot/rate", sc.f64, domain=domain)
    >>> rate.set(200), rate.get().to_dict()
    (2, 200.0)
    >>> polling.join(); owner.close(); rate.close(); domain.close()
    """

    def __init__(
        self, name: str, type: Any, *, domain: Domain | None = None, timeout: float = 5.0, client: str = ""
    ) -> None:
        schema = schema_of(type)
        self.reader = ValueReader(name, schema, domain=domain, name=client)
        try:
            self._client = Client(name, schema, u64, domain=domain, timeout=timeout, name=client)
        except BaseException:
            self.reader.close()
            raise

    def get(self) -> CurrentValue | None:
        """Return the newest value; `None` if there is none yet. Never waits."""
        return self.reader.get()

    def set(self, value: Any = None, /, timeout: float | None = None, **fields: Any) -> int:
        """Ask the owner for another value, and return the number of its version.

        Waits until the owner has taken it, or has refused it: `Refused` says why.
        """
        return _number(self._client.call(value, timeout, **fields))

    async def set_async(self, value: Any = None, /, timeout: float | None = None, **fields: Any) -> int:
        """Ask like `set`, in asyncio."""
        return _number(await self._client.call_async(value, timeout, **fields))

    def close(self) -> None:
        """Leave. Values that were read stay valid."""
        self.reader.close()
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _number(response: Sample | None) -> int:
    if response is None:
        raise CallFailed("its server does not say which version the value became: it is no owner of a parameter")
    number: int = response.to_dict()
    return number
