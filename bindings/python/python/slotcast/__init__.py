"""Typed publish/subscribe through shared memory, with messages as numpy arrays in place.

>>> import slotcast as sc
>>> domain = sc.testing.temporary_domain()
>>> @sc.message
... class Imu:
...     stamp_ns: sc.u64
...     accel: sc.f32[3]
>>> with sc.Publisher("imu", Imu, domain=domain) as pub, sc.Subscriber("imu", domain=domain) as sub:
...     _ = pub.publish(stamp_ns=1, accel=(0, 0, 9.5))
...     imu = sub.recv(timeout=10)
...     print(imu.stamp_ns, imu["accel"][2])
1 9.5
>>> domain.close()
"""

import importlib
from typing import TYPE_CHECKING, Any

from ._parameters import Parameter, ParameterClient
from ._publisher import Publisher
from ._slotcast import (
    ArraySample,
    Busy,
    CallFailed,
    Cancelled,
    Closed,
    Counter,
    Counters,
    CreateFailed,
    CurrentValue,
    Domain,
    Endpoint,
    Expired,
    Forked,
    InvalidMessage,
    LagTimeout,
    Listener,
    MemberEvent,
    Membership,
    Mismatch,
    NoPublisher,
    NoServer,
    Notice,
    Notifier,
    Peer,
    PendingCall,
    PoolExhausted,
    PublishFailed,
    Reader,
    ReaderState,
    Ready,
    ReceiveFailed,
    Record,
    Refused,
    Sample,
    Schema,
    SchemaInvalid,
    ServerCall,
    ServerDied,
    ServerReplaced,
    SlotcastError,
    Source,
    Trigger,
    Version,
    WaitSet,
    WindowFull,
    endpoints,
    topics,
    watch,
)
from ._services import Client, Server
from ._subscriber import Subscriber
from ._values import ValueReader, ValueWriter
from .messages import (
    FixedVec,
    Pad,
    Slice,
    Str,
    boolean,
    char,
    f32,
    f64,
    i8,
    i16,
    i32,
    i64,
    i128,
    message,
    schema_of,
    tensor,
    u8,
    u16,
    u32,
    u64,
    u128,
)

if TYPE_CHECKING:
    from . import aio, testing

__all__ = [
    "ArraySample",
    "Busy",
    "CallFailed",
    "Cancelled",
    "Client",
    "Closed",
    "Counter",
    "Counters",
    "CreateFailed",
    "CurrentValue",
    "Domain",
    "Endpoint",
    "Expired",
    "FixedVec",
    "Forked",
    "InvalidMessage",
    "LagTimeout",
    "Listener",
    "MemberEvent",
    "Membership",
    "Mismatch",
    "NoPublisher",
    "NoServer",
    "Notice",
    "Notifier",
    "Pad",
    "Parameter",
    "ParameterClient",
    "Peer",
    "PendingCall",
    "PoolExhausted",
    "PublishFailed",
    "Publisher",
    "Reader",
    "ReaderState",
    "Ready",
    "ReceiveFailed",
    "Record",
    "Refused",
    "Sample",
    "Schema",
    "SchemaInvalid",
    "Server",
    "ServerCall",
    "ServerDied",
    "ServerReplaced",
    "Slice",
    "SlotcastError",
    "Source",
    "Str",
    "Subscriber",
    "Trigger",
    "ValueReader",
    "ValueWriter",
    "Version",
    "WaitSet",
    "WindowFull",
    "aio",
    "boolean",
    "char",
    "endpoints",
    "f32",
    "f64",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "message",
    "schema",
    "schema_of",
    "tensor",
    "testing",
    "topics",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "watch",
]


def schema(topic: str, domain: Domain | None = None) -> Schema:
    """Return the schema of what is published on a topic now. No other process notices."""
    return Schema.of_topic(topic, domain)


def __getattr__(name: str) -> Any:
    # Importing what these need takes longer than everything else here.
    if name in ("aio", "testing"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
