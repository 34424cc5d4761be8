"""What the examples share: subscribing to a topic that may have no publisher yet."""

import sys
import time
from typing import Any

import slotcast as sc


def subscribe(topic: str, **settings: Any) -> sc.Subscriber:
    """Return a subscriber, as soon as a publisher tells the type of the messages."""
    is_told = False
    while True:
        try:
            return sc.Subscriber(topic, **settings)
        except sc.NoPublisher as error:
            if not is_told:
                print(f"{error}; waiting for one", file=sys.stderr, flush=True)
                is_told = True
            time.sleep(0.1)
