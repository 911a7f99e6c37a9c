"""Store: where a study lives; a journal in its folder, or a database that several machines share."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy
from filelock import FileLock
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from trainer import PROGRAM, files
from trainer.errors import TrainerError
from trainer.tuning.plan import Plan

JOURNAL = "journal.log"
PLAN = "plan"  # the study's attribute; whoever has written it has also written every point to try
PATIENCE = 10.0  # seconds in which the process that makes a study writes its plan, unless it died
CONNECT = 10  # seconds to reach a database


class StoreError(TrainerError):
    """A store that cannot be reached or read. The message never holds a user's name or password."""


class KernelLock(JournalFileOpenLock):
    """A lock that is free again the moment its process dies, unlike the links that Optuna's own locks leave behind."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path)

    def acquire(self) -> bool:
        """Wait for it."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Let go of it."""
        self._lock.release()


def connect(folder: Path, url: str | None = None) -> BaseStorage:
    """The journal in ``folder`` (made if missing), or the database behind ``url``. Raises ``StoreError``."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with store_errors(url):
        folder.mkdir(parents=True, exist_ok=True)
        if url is None:
            return journal(folder)
        return get_storage(database(sqlalchemy.make_url(url)))


def journal(folder: Path) -> JournalStorage:
    """The journal in that folder, read from its beginning. Raises ``StoreError`` for one that is damaged."""
    path = folder / JOURNAL
    os.close(files.open_own(path, os.O_RDWR | os.O_CREAT))  # Optuna would write through a link
    try:
        return JournalStorage(JournalFileBackend(str(path), lock_obj=KernelLock(folder / f"{JOURNAL}.lock")))
    except (ValueError, KeyError) as error:
        raise StoreError(
            f"the journal {path} is damaged ({error}); put a copy back, or begin again under another --study"
        ) from error


def database(address: sqlalchemy.URL) -> RDBStorage:
    """Optuna's tables in the database of that address, made if missing."""
    if address.drivername in ("postgresql", "postgres"):
        address = address.set(drivername="postgresql+psycopg")
    kind = address.get_backend_name()
    limits = {
        "postgresql": {"connect_timeout": CONNECT, "client_encoding": "utf8"},
        "sqlite": {"timeout": 6 * CONNECT},
    }.get(kind, {})
    options = {"pool_pre_ping": True, "connect_args": limits}
    for attempt in range(3):
        try:
            storage = RDBStorage(address.render_as_string(hide_password=False), engine_kwargs=options)
        except (IntegrityError, ProgrammingError):  # another machine makes the same tables at the same moment
            if attempt == 2:
                raise
        else:
            break
    if kind == "sqlite":
        lock_from_the_start(storage.engine)
    return storage


def lock_from_the_start(engine: sqlalchemy.Engine) -> None:
    """Let SQLite read and write in one step, or two workers may both read that a trial waits and both take it.

    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#serializable-isolation-savepoints-transactional-ddl
    """
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    engine.dispose()  # connections from before would not have heard


def open_study(storage: BaseStorage, name: str, plan: Plan | None = None) -> tuple[optuna.Study, Plan]:
    """The study of that name; where there is none yet, one for ``plan``. Raises ``PlanError``, ``StoreError``."""
    if plan is not None:
        try:
            return _filled(optuna.create_study(storage=storage, study_name=name, direction="minimize"), plan), plan
        except optuna.exceptions.DuplicatedStudyError:
            pass
    try:
        study = optuna.load_study(storage=storage, study_name=name)
    except KeyError:
        raise StoreError(f"there is no study {name!r} in this store") from None
    written = _plan_of(study)
    if written is None:
        if plan is None:
            raise StoreError(f"the study {name!r} was not made by {PROGRAM} tune; take another name")
        _filled(study, plan)
        return study, plan
    theirs = Plan.from_json(written)
    if plan is not None:
        plan.need_same(theirs, name)
    return study, theirs


@contextmanager
def store_errors(url: str | None = None) -> Iterator[None]:
    """Whatever a store cannot do becomes a ``StoreError`` in words, without credentials."""
    try:
        yield
    except ImportError as error:
        raise StoreError(f"the store needs the package {error.name}: pip install 'psycopg[binary]'") from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = error.__cause__ if isinstance(error, optuna.exceptions.StorageInternalError) else error
        words = str(getattr(cause, "orig", None) or cause).strip().splitlines()
        raise StoreError(
            f"cannot use the store {shown(url)}: {_without(url, words[0] if words else type(error).__name__)}; check "
            "the address and that the server runs; what the study has found is untouched"
        ) from None
    except OSError as error:
        raise StoreError(f"cannot use the store {shown(url)}: {error.strerror or error}") from None


def shown(url: str | None) -> str:
    """The address without user, password and options."""
    if url is None:
        return "in the study's folder"
    try:
        address = sqlalchemy.make_url(url)
    except SQLAlchemyError:
        return "behind --storage"
    port = f":{address.port}" if address.port else ""
    return f"{address.drivername}://{address.host or ''}{port}/{address.database or ''}"


def _without(url: str | None, words: str) -> str:
    try:
        address = sqlalchemy.make_url(url or "")
    except SQLAlchemyError:
        return "it is no address of a database, such as postgresql://USER:PASSWORD@HOST/NAME or sqlite:///FILE"
    for secret in (address.password, address.username):
        words = words.replace(str(secret), "***") if secret else words
    return words


def _filled(study: optuna.Study, plan: Plan) -> optuna.Study:
    """Put every point of the plan in line, then write the plan: who reads it knows that the points are there."""
    for point in plan.points:
        study.enqueue_trial(point, skip_if_exists=True)
    study.set_user_attr(PLAN, plan.as_json())
    return study


def _plan_of(study: optuna.Study) -> dict[str, object] | None:
    deadline = time.monotonic() + PATIENCE
    while (written := study.user_attrs.get(PLAN)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    return written
