"""Latest values."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from ._payload import encode
from ._slotcast import Closed, CurrentValue, Domain, ValueReaderHandle, ValueWriterHandle, Version
from .messages import schema_of, with_nearest

if TYPE_CHECKING:
    from .aio import AsyncSubscriber


class ValueWriter(ValueWriterHandle):
    """Sets a value, which any number of readers read. It is the only writer of that name.

    Setting waits for nobody, and readers get the newest value whole: the fields of a struct change
    together. By choice the value survives its writer.

    >>> import slotcast as sc
    >>> domain = sc.testing.temporary_domain()
    >>> limit = sc.ValueWriter("robot/limit", sc.f64, domain=domain)
    >>> reader = sc.ValueReader("robot/limit", domain=domain)
    >>> version = limit.set(1.5)
    >>> reader.get().to_dict(), reader.get().version == version
    (1.5, True)
    >>> limit.close(); reader.close(); domain.close()
    """

    def __new__(cls, value: str, type: Any, *, domain: Domain | None = None, **settings: Any) -> Self:
        schema = schema_of(type)
        try:
            return super().__new__(cls, value, schema, domain=domain, **settings)
        except TypeError as error:
            raise with_nearest(error, settings, ValueWriterHandle) from None

    def set(self, value: Any = None, /, **fields: Any) -> Version:
        """Set the value, and return its version. It is a value or an array; or the fields by keyword."""
        return self.set_bytes(encode(self.schema, value, fields))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ValueReader(ValueReaderHandle):
    """Reads a value that a writer sets: always the newest one, whole.

    Without `type` it is that of the writer that is present, or of the value that one has left. What was
    read stays what it is. Iterating waits for changes, without holding the interpreter's lock; so does
    `async for` in asyncio. One thread at a time uses a reader: another gets `Busy`. `close` can be called
    by any thread, and ends the waits of others.

    >>> import slotcast as sc
    >>> domain = sc.testing.temporary_domain()
    >>> reader = sc.ValueReader("robot/limit", sc.f64, domain=domain)
    >>> reader.get() is None
    True
    >>> limit = sc.ValueWriter("robot/limit", sc.f64, domain=domain)
    >>> first = limit.set(1.5)
    >>> second = limit.set(2.5)
    >>> value = reader.wait_for_change(first, timeout=10)
    >>> value.to_dict(), value.version.number, value.is_orphaned()
    (2.5, 2, False)
    >>> limit.close(); reader.close(); domain.close()
    """

    def __new__(cls, value: str, type: Any = None, *, domain: Domain | None = None, **settings: Any) -> Self:
        schema = None if type is None else schema_of(type)
        try:
            return super().__new__(cls, value, schema, domain=domain, **settings)
        except TypeError as error:
            raise with_nearest(error, settings, ValueReaderHandle) from None

    def __iter__(self) -> Iterator[CurrentValue]:
        """Iterate over the value that is there and each that is found after it; ends when this is closed."""
        seen: Version | None = None
        while True:
            try:
                value = self.wait_for_change(seen)
            except Closed:
                return
            if value is not None:
                seen = value.version
                yield value

    def __aiter__(self) -> "AsyncSubscriber[CurrentValue]":
        from .aio import AsyncSubscriber

        return AsyncSubscriber(_Changes(self))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Changes:
    """The changes of a value, as what `AsyncSubscriber` awaits."""

    def __init__(self, reader: ValueReader) -> None:
        self._reader = reader
        self._seen: Version | None = None

    def try_recv(self) -> CurrentValue | None:
        value = self._reader.get()
        if value is None or value.version == self._seen:
            return None
        self._seen = value.version
        return value

    def fileno(self) -> int:
        return self._reader.fileno()

    def closing_fileno(self) -> int:
        return self._reader.closing_fileno()
