"""Readers of event logs, ours and others': each loads every scalar of a folder and says how many rows it holds."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

Reader = Callable[[Path], int]


def fitwatch() -> Reader:
    """Ours."""
    from diagnostics.logs.folders.folder import EventFolder

    def read(folder: Path) -> int:
        logs = EventFolder(folder)
        logs.poll()
        files = [file for directory in logs.directories.values() for file in directory.files]
        return sum(len(rows.steps) for file in files for rows in file.scalars.values())

    return read


def event_accumulator() -> Reader:
    """TensorBoard's own, in Python."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    everything = dict.fromkeys(("scalars", "tensors"), 0) | dict.fromkeys(("images", "histograms", "audio"), 1)

    def read(folder: Path) -> int:
        rows = 0
        for path in sorted(folder.rglob("*tfevents*")):
            log = EventAccumulator(str(path), size_guidance=everything)
            log.Reload()
            rows += sum(len(log.Scalars(tag)) for tag in log.Tags()["scalars"])
        return rows

    return read


def tbparse() -> Reader:
    """tbparse, pandas on top of TensorBoard's reader."""
    from tbparse import SummaryReader

    def read(folder: Path) -> int:
        return len(SummaryReader(str(folder), event_types={"scalars"}).scalars)

    return read


def rustboard() -> Reader:
    """tensorboard-data-server: start it, wait until it has loaded, then fetch every scalar."""
    import grpc
    import tensorboard_data_server
    from tensorboard.data.grpc_provider import make_stub
    from tensorboard.data.proto import data_provider_pb2

    request = data_provider_pb2.ReadScalarsRequest()
    request.plugin_filter.plugin_name = "scalars"
    request.downsample.num_points = 1 << 40

    def read(folder: Path) -> int:
        with running_server(tensorboard_data_server.server_binary(), folder) as address:
            channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", 1 << 30)])
            runs = make_stub(channel).ReadScalars(request).runs
            rows = sum(len(np.array(tag.data.value)) for run in runs for tag in run.tags)
            channel.close()
            return rows

    return read


@contextmanager
def running_server(binary: str, folder: Path) -> Iterator[str]:
    """The address of a data server that has loaded the folder."""
    command = [binary, f"--logdir={folder}", "--reload=once", "--samples-per-plugin=scalars=all", "--port=0"]
    command += ["--port-file=/dev/null", "--die-after-stdin", "--verbose"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        port = ""
        for line in server.stderr:
            if "Wrote port" in line:
                port = line.split('"')[1]
            if "Finished load cycle" in line:
                break
        yield f"localhost:{port}"
        server.kill()


def c_loop() -> Reader:
    """One pass in C that looks at no checksum: how quick a loop can be."""
    library = Path(tempfile.mkdtemp()) / "scalar_loop.so"
    source = Path(__file__).with_name("scalar_loop.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    read_scalars = ctypes.CDLL(str(library)).read_scalars
    read_scalars.restype = ctypes.c_long

    def read(folder: Path) -> int:
        total, kept = 0, []
        for path in folder.rglob("*tfevents*"):
            room = path.stat().st_size // 40 + 1
            columns = [np.empty(room, kind) for kind in (np.int64, np.float64, np.float32, np.int32)]
            pointers = [ctypes.c_void_p(column.ctypes.data) for column in columns]
            rows = read_scalars(str(path).encode(), *pointers, ctypes.c_long(room))
            order = np.argsort(columns[3][:rows].astype(np.uint16), kind="stable")
            kept.append([column[:rows][order] for column in columns])
            total += rows
        return total

    return read


def bytes_only() -> Reader:
    """Reading the bytes and nothing else."""

    def read(folder: Path) -> int:
        block = bytearray(1 << 21)
        for path in folder.rglob("*tfevents*"):
            with path.open("rb", buffering=0) as file:
                while file.readinto(block):
                    pass
        return 0

    return read


READERS: dict[str, Callable[[], Reader]] = {
    "fitwatch": fitwatch,
    "EventAccumulator": event_accumulator,
    "tbparse": tbparse,
    "rustboard": rustboard,
    "C loop": c_loop,
    "bytes only": bytes_only,
}


def is_there(name: str) -> bool:
    """Whether the reader can be used here."""
    needs = {"tbparse": "tbparse", "rustboard": "tensorboard_data_server"}
    if name == "C loop":
        return shutil.which("cc") is not None
    return name not in needs or importlib.util.find_spec(needs[name]) is not None
