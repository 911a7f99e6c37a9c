"""A real PostgreSQL in a folder of its own, for tests; Debian's package has all it needs."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app_server import free_port

USER = "fit"
PATIENCE = 300  # seconds for the server to begin in
PORTS = 5  # ports to try, as another process may take one after it was found free


def programs() -> Path:
    """The folder of the server's programs; skips the test without them, or fails where they are required."""
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1:], *filter(None, [shutil.which("pg_ctl")])]
    if found:
        return Path(found[0]).resolve().parent
    if os.environ.get("FITWATCH_REQUIRE_POSTGRES"):
        pytest.fail("FITWATCH_REQUIRE_POSTGRES is set, but there is no PostgreSQL: apt install postgresql")
    pytest.skip("there is no PostgreSQL on this machine; apt install postgresql")


def server_user() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root. None for whoever runs the tests."""
    if os.getuid() != 0:
        return None
    users = [user.pw_name for user in pwd.getpwall()]
    return next((user for user in ("postgres", "nobody") if user in users), None)


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a new, empty database with a password; the server and its files are gone afterwards."""
    bin_dir, user, password = programs(), server_user(), secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="fit-pg-") as name:  # pytest's own folders are closed to other users
        folder = Path(name)
        (folder / "password").write_text(password)
        if user is not None:
            shutil.chown(folder, user)
            shutil.chown(folder / "password", user)

        def run(*words: object, may_fail: bool = False) -> bool:
            line = [str(word) for word in words]
            environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
            said = folder / "said.txt"  # a pipe would stay open for as long as the server runs
            with said.open("w") as output:
                code = subprocess.call(line, user=user, cwd=folder, stdout=output, stderr=output, env=environment)
            assert code == 0 or may_fail, (line, said.read_text())
            return code == 0

        data = folder / "data"
        run(bin_dir / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N")
        start = (bin_dir / "pg_ctl", "-D", data, "-w", "-t", PATIENCE, "-l", folder / "server.log", "start", "-o")
        for left in reversed(range(PORTS)):
            port = free_port()
            options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
            if run(*start, options, may_fail=left > 0):
                break
        try:
            yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
        finally:
            run(bin_dir / "pg_ctl", "-D", data, "-m", "immediate", "stop")
