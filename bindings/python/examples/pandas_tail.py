"""Shows what a topic carries as a table that is summed up again and again: a `tail` by pandas.

    cargo run --release --example telemetry -- publish    in another terminal
    python pandas_tail.py host/load --every 1

`take_many` copies all small messages that have come in one call, into one structured array.
"""

import argparse
import time

import numpy as np
import pandas as pd

import slotcast as sc
from _waiting import subscribe


def main() -> None:
    arguments = argparse.ArgumentParser(description="Sum up the messages of a topic.")
    arguments.add_argument("topic")
    arguments.add_argument("--every", type=float, default=1.0, help="seconds between two tables")
    arguments.add_argument("--rows", type=int, default=1000, help="how many of the newest messages to sum up")
    arguments.add_argument("--tables", type=int, default=0, help="end after this many [default: Ctrl-C]")
    options = arguments.parse_args()

    with subscribe(options.topic, history=options.rows) as sub:
        table = pd.DataFrame()
        count = 0
        while True:
            news = frame(take_all(sub))
            table = pd.concat([table, news]).tail(options.rows) if len(table) else news.tail(options.rows)
            print(f"{len(news)} new messages, {sub.lost} lost; of the last {len(table)}:")
            print(table.describe().to_string() if len(table) else "none", flush=True)
            count += 1
            if count == options.tables:
                break
            time.sleep(options.every)


def take_all(sub: sc.Subscriber) -> np.ndarray:
    parts = [sub.take_many(10_000)]
    while len(parts[-1]):
        parts.append(sub.take_many(10_000))
    return np.concatenate(parts)


def frame(messages: np.ndarray) -> pd.DataFrame:
    """Return messages as a table: a column for each number, such as `average[0]`."""
    columns: dict[str, np.ndarray] = {}

    def add(name: str, values: np.ndarray) -> None:
        if values.dtype.names is not None:
            for field in values.dtype.names:
                add(f"{name}.{field}" if name else field, values[field])
        elif values.ndim > 1:
            for index in range(values.shape[1]):
                add(f"{name}[{index}]", values[:, index])
        else:
            columns[name or "value"] = values

    add("", messages)
    return pd.DataFrame(columns)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
