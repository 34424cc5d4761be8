"""Domains of their own for tests, also as fixtures of pytest.

In `conftest.py`: `from slotcast.testing import slotcast_domain`. Each test that has a parameter of
that name then gets a domain, whose directory is removed after it.
"""

import os
import shutil
import tempfile
from typing import Any, Self

from ._slotcast import Domain


class TemporaryDomain(Domain):
    """A domain whose directory is removed at the end."""

    def __new__(cls) -> Self:
        where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        root = tempfile.mkdtemp(prefix="slotcast-python-", dir=where)
        domain = super().__new__(cls, os.path.join(root, "domain"))
        domain.root = root
        return domain

    root: str

    def close(self) -> None:
        """Remove the directory."""
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def temporary_domain() -> TemporaryDomain:
    """Return a domain that no other program uses."""
    return TemporaryDomain()


def __getattr__(name: str) -> Any:
    if name != "slotcast_domain":
        raise AttributeError(name)
    import pytest

    @pytest.fixture(name="slotcast_domain")
    def slotcast_domain() -> Any:
        with temporary_domain() as domain:
            yield domain

    return slotcast_domain
