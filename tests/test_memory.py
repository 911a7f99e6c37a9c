"""The server's memory: threads share few pools, so that what one gives back serves the next."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# threads that all allocate at once, a large block that is freed and another one; and what glibc then says it has
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
libc.malloc(ctypes.c_size_t(2**21))
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def said(tmp_path: Path, how: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    subprocess.run(
        [sys.executable, "-c", PROGRAM, how, str(tmp_path / "info.xml")],
        check=True,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
    )
    return (tmp_path / "info.xml").read_text()


def pools(tmp_path: Path, how: str, **environment: str) -> int:
    return said(tmp_path, how, **environment).count("<heap nr=")


def blocks_of_their_own(tmp_path: Path, how: str, **environment: str) -> int:
    (count,) = re.findall(r'<total type="mmap" count="(\d+)"', said(tmp_path, how, **environment))
    return int(count)


def test_threads_share_two_pools_of_memory_unless_a_person_says_otherwise(tmp_path: Path) -> None:
    if pools(tmp_path, "as it is") <= 3:
        pytest.skip("this C library makes no pool for each thread")
    assert pools(tmp_path, "few") <= 2
    assert pools(tmp_path, "few", MALLOC_ARENA_MAX="5") == 5


def test_a_large_block_stays_one_that_is_given_back_at_once(tmp_path: Path) -> None:
    if pools(tmp_path, "as it is") <= 3:
        pytest.skip("this is not glibc")
    few = blocks_of_their_own(tmp_path, "few")  # the interpreter may have some more of its own
    assert few > blocks_of_their_own(tmp_path, "as it is")
    assert few > blocks_of_their_own(tmp_path, "few", MALLOC_MMAP_THRESHOLD_="16777216")
