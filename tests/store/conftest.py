"""The databases the store is tested with: a SQLite file, and a PostgreSQL server started for the tests."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from store_samples import url_of

from assistant.store import Store

NOBODY = 65534
_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Gives the address of a new, empty database of a real server, which listens on a local socket only."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if not programs:
        pytest.skip("There is no PostgreSQL server: install Debian's postgresql to test with one.")
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path has to be short
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        os.chown(home, NOBODY, NOBODY)
        user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

    def run(program: str, *arguments: str) -> None:
        command = [*user, str(programs[-1] / program), "-D", str(home / "data"), *arguments]
        subprocess.run(command, check=True, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def database() -> str:
        name = f"test{next(_numbers)}"
        with psycopg.connect(f"postgresql://postgres@/postgres?host={home}", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgres://postgres@/{name}?host={home}"

    try:
        run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C")
        run("pg_ctl", "-w", "-l", str(home / "log"), "-o", f"-k {home} -c listen_addresses='' -c fsync=off", "start")
        yield database
        run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return url_of(tmp_path / "kept" / "store.sqlite3")
    address: str = request.getfixturevalue("postgres")()
    return address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(Store(url)) as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a SQLite database will be; neither it nor its folder is there yet."""
    return tmp_path / "kept" / "store.sqlite3"


@pytest.fixture
def in_file(file: Path) -> Iterator[Store]:
    with closing(Store(url_of(file))) as opened:
        yield opened
