"""Bridges a topic to the network: each client that connects gets each message as a line of JSON.

    cargo run --release --example telemetry -- publish    in another terminal
    python asyncio_bridge.py host/load --port 7007
    nc localhost 7007                                     in a third

One task awaits the topic by its descriptor, without a thread. A client that reads too slowly is
disconnected, so that it holds up nobody.
"""

import argparse
import asyncio
import json
from typing import Any

import slotcast as sc
from _waiting import subscribe

#: How many bytes may wait for a client before it is disconnected.
MAX_BEHIND = 1 << 20


async def bridge(sub: sc.Subscriber, port: int) -> None:
    clients: set[asyncio.StreamWriter] = set()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.add(writer)
        try:
            await reader.read()  # until the client leaves
        except ConnectionError:
            pass
        finally:
            clients.discard(writer)
            writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", port)
    host, port = server.sockets[0].getsockname()
    print(f"topic {sub.topic} at {host}:{port}", flush=True)
    async with server:
        async for sample in sub:
            message = {"sequence": sample.sequence, "lost_before": sample.lost_before, "value": sample.to_dict()}
            line = json.dumps(message, default=text).encode() + b"\n"
            for writer in list(clients):
                if writer.transport.get_write_buffer_size() > MAX_BEHIND:
                    writer.transport.abort()
                else:
                    writer.write(line)


def text(value: Any) -> Any:
    """Return what JSON has instead of bytes."""
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{value!r} cannot become JSON")


def main() -> None:
    arguments = argparse.ArgumentParser(description="Send the messages of a topic to clients of a TCP port.")
    arguments.add_argument("topic")
    arguments.add_argument("--port", type=int, default=0, help="[default: any that is free]")
    options = arguments.parse_args()
    with subscribe(options.topic) as sub:
        asyncio.run(bridge(sub, options.port))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
