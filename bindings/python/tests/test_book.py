"""The page of the book on Python: its examples run, in order, in one program."""

import doctest
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from conftest import PATIENCE, WORKSPACE

PAGE = WORKSPACE / "book/src/python.md"


def main() -> None:
    """Run all blocks of the page. Is called in a process of its own, with a root of its own."""
    blocks = re.findall(r"^```pycon\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    results = doctest.DocTestRunner(optionflags=doctest.FAIL_FAST).run(test)
    print(len(blocks), results.attempted, results.failed)


def test_the_examples_of_the_page() -> None:
    with tempfile.TemporaryDirectory(prefix="slotcast-python-", dir="/dev/shm") as root:
        environment = {**os.environ, "SLOTCAST_ROOT": f"{root}/domains"}
        program = "import test_book; test_book.main()"
        ended = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parent, env=environment,
                               capture_output=True, text=True, timeout=PATIENCE)  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    blocks, attempted, failed = map(int, ended.stdout.splitlines()[-1].split())
    assert failed == 0, ended.stdout
    assert blocks >= 8 and attempted >= 30
