"""The server's memory: threads share few pools, so that what one gives back serves the next."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# threads that all allocate at once, then a large block that is freed and another one, and what glibc says before it
# and after it; a child of its own, as what was allocated before decides
PROGRAM = """
import ctypes, sys, threading
from app.memory import spare_memory

if sys.argv[1] == "few":
    spare_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
barrier = threading.Barrier(12)

def work():
    barrier.wait()
    libc.malloc(ctypes.c_size_t(5000))
    barrier.wait()

threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(2**22))))  # after which glibc takes less for small as well

def say(name):
    file = ctypes.c_void_p(libc.fopen(f"{sys.argv[2]}/{name}.xml".encode(), b"w"))
    libc.malloc_info(0, file)
    libc.fclose(file)

say("before")
libc.malloc(ctypes.c_size_t(2**21))
say("after")
"""


def said(tmp_path: Path, how: str, **environment: str) -> tuple[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_", "LD_"))}
    subprocess.run(
        [sys.executable, "-c", PROGRAM, how, str(tmp_path)],
        check=True,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
    )
    return (tmp_path / "before.xml").read_text(), (tmp_path / "after.xml").read_text()


def pools(tmp_path: Path, how: str, **environment: str) -> int:
    return said(tmp_path, how, **environment)[0].count("<heap nr=")


def has_a_block_of_its_own(tmp_path: Path, how: str, **environment: str) -> bool:
    """Whether the system gave the last large block as one that goes back to it as a whole."""
    said_of_blocks = (
        re.findall(r'<total type="mmap" count="(\d+)"', text) for text in said(tmp_path, how, **environment)
    )
    before, after = (int(count) for (count,) in said_of_blocks)
    return after > before


@pytest.fixture(autouse=True)
def _glibc(tmp_path: Path) -> None:
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("this C library has no pools to share")
    if pools(tmp_path, "as it is") <= 3:
        pytest.skip("something else than glibc gives memory to this process")


def test_threads_share_two_pools_of_memory_unless_a_person_says_otherwise(tmp_path: Path) -> None:
    assert pools(tmp_path, "few") <= 2
    assert 2 < pools(tmp_path, "few", MALLOC_ARENA_MAX="5") <= 5


def test_a_large_block_stays_one_that_is_given_back_at_once(tmp_path: Path) -> None:
    assert has_a_block_of_its_own(tmp_path, "few")
    assert not has_a_block_of_its_own(tmp_path, "as it is")
    assert not has_a_block_of_its_own(tmp_path, "few", MALLOC_MMAP_THRESHOLD_="16777216")
