"""The programs behind make: passing pip's settings on to uv, the pinned list, and the benchmark's measure."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from assistant.types import Essay
from tools import bench_retrieval, install, lock

PROJECT = tomllib.loads((install.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MIRROR = "file:///mirror"


@pytest.fixture
def pip_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip's only settings in this test."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    for variable, _ in install.SETTINGS.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("UV_INDEX_STRATEGY", raising=False)
    path = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))
    return path


def test_uv_looks_where_pip_looks(pip_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_file.write_text(f"[install]\nfind-links =\n  /wheels/a\n  /wheels/b\n[global]\nindex-url = {MIRROR}\n")
    found = install.uv_environment(install.pip_settings())
    assert found["UV_FIND_LINKS"] == "/wheels/a,/wheels/b"
    assert found["UV_DEFAULT_INDEX"] == MIRROR


def test_a_variable_wins_over_pips_file(pip_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_file.write_text("[global]\nfind-links = /wheels/a\n")
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels/b")
    assert install.uv_environment(install.pip_settings())["UV_FIND_LINKS"] == "/wheels/b"


def test_uvs_own_settings_win(pip_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_FIND_LINKS", "/wheels/own")
    assert install.uv_environment({"find-links": "/wheels/a"})["UV_FIND_LINKS"] == "/wheels/own"


def test_further_indexes_are_compared_as_pip_compares_them(pip_file: Path) -> None:
    assert "UV_INDEX_STRATEGY" not in install.uv_environment({"find-links": "/wheels/a"})
    found = install.uv_environment({"extra-index-url": f"{MIRROR}\n{MIRROR}/more"})
    assert found["UV_INDEX"] == f"{MIRROR} {MIRROR}/more"
    assert found["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_the_list_pins_whatever_the_project_asks_for() -> None:
    pins = {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)==(\S+)$", install.REQUIREMENTS.read_text(), re.MULTILINE)
    }
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    asked += [line for extra in PROJECT["project"]["optional-dependencies"].values() for line in extra]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_the_list_holds_pins_and_nothing_else() -> None:
    lines = install.REQUIREMENTS.read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?", line)] == []
    assert [line for line in lines if line.startswith(("nvidia", "cuda", "triton"))] == []


def test_the_newest_cpu_build_is_taken(tmp_path: Path) -> None:
    for version in ("2.9.1+cpu", "2.13.0+cpu", "2.14.0"):
        (tmp_path / f"torch-{version}-cp311-cp311-linux_x86_64.whl").touch()
    assert lock.cpu_build(str(tmp_path)) == "2.13.0"
    assert lock.cpu_build("") is None
    assert lock.SUFFIX.sub(r"\1", "torch==2.13.0+cpu\nx==1+cpu\n") == "torch==2.13.0\nx==1+cpu\n"


def test_retrieval_is_measured_by_the_quotes_it_covers() -> None:
    text = "Bread rises. Bees hum. Boats float."
    cases = [
        {"question": "one", "evidence": ["Bees hum."], "sources": ["a"]},
        {"question": "two", "evidence": ["Bread rises.", "Boats float."], "sources": ["a"]},
        {"question": "three", "evidence": ["Bees hum."], "sources": ["a"]},
    ]
    found = {"one": [("a", 0, 12), ("a", 13, 22)], "two": [("a", 0, 12)], "three": [("b", 0, 35), ("a", 14, 35)]}
    measured = bench_retrieval.quality(found.__getitem__, cases, [Essay(id="a", title="A", text=text)])
    assert measured == {"questions": 3, "recall@5": pytest.approx(0.5), "MRR": pytest.approx(0.5)}
