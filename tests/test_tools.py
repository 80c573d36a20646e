"""The programs behind make: pip's settings for uv, the pinned list, the benchmark's measure, the faults to catch."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from assistant.evaluation.cases import load_suite
from assistant.evaluation.endpoints import AnswersFile
from assistant.evaluation.scoring import score
from assistant.settings import load_settings
from assistant.types import Essay
from tools import bench_retrieval, install, lock, mutate, textbook

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
    extras = PROJECT["project"]["optional-dependencies"]
    asked += [line for name in lock.extras_installed() for line in extras[name]]
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


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two documents of several chunks, and a question that one of them answers and one that none does."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, told in {"bread": "Rye dough rests for nine hours.", "bees": "A hive holds 40,000 bees."}.items():
        filler = "\n\n".join(f"Remark {i} on {name} says little. It only fills the page." for i in range(40))
        (folder / f"{name}.md").write_text(f"# On {name}\n\n{filler}\n\n{told} {filler}\n")
    monkeypatch.setenv("ASSISTANT_CORPUS", str(folder))
    cases = [
        {"id": "hive", "question": "How many bees does a hive hold?", "facts": ["40,000"], "sources": ["bees"]},
        {"id": "moon", "question": "Who first set foot on the moon?", "answerable": False},
    ]
    path = tmp_path / "suite.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)))
    return path


def test_the_textbooks_answers_can_be_scored(suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.jsonl"
    assert textbook.main([str(suite), "--out", str(answers)]) == 0
    assert "2 answers written" in capsys.readouterr().out
    elsewhere = AnswersFile(answers, load_settings())
    hive, moon = (score(case, elsewhere.answer(case), elsewhere.essays) for case in load_suite(suite).cases)
    assert hive.passed
    assert moon.attribution == "should have abstained"
    for result in (hive, moon):
        assert result.answer is not None
        assert len(result.answer.passages) == 4
        (cited,), first = result.answer.citations, result.answer.passages[0]
        assert (cited.source_id, cited.start, cited.end) == (first.source_id, first.start, first.end)
        assert result.scores["exactness"].value == 1.0
        assert len(result.answer.claims) == 2
        assert result.scores["supported"].value == 1.0


def test_the_textbook_says_what_it_can_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert textbook.main([str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "answers.jsonl")]) == 2
    assert "There is no question file" in capsys.readouterr().err
    assert not (tmp_path / "answers.jsonl").exists()


def test_every_mutation_has_one_place_and_its_tests() -> None:
    sources = mutate.read_package(install.ROOT)
    for mutation in mutate.load_mutations():
        broken = sources[mutate.place_of(mutation, sources)].replace(mutation.find, mutation.replace)
        assert mutation.find != mutation.replace, mutation.name
        ast.parse(broken)
        missing = [test for test in mutation.tests if not (install.ROOT / test.partition("::")[0]).exists()]
        assert missing == [], mutation.name


def test_a_mutation_without_its_one_place_is_named() -> None:
    lost = mutate.load_mutations()[0].model_copy(update={"name": "lost", "find": "twice"})
    for source, times in {"": 0, "twice or twice": 2}.items():
        with pytest.raises(mutate.MutationError, match=f"lost: its snippet stands {times} times"):
            mutate.place_of(lost, {Path("a.py"): source})


def test_the_audit_is_strict_and_passes_nothing_over() -> None:
    audit = next(line for line in (install.ROOT / "Makefile").read_text().splitlines() if "pip_audit" in line)
    assert "--strict" in audit
    assert "-r requirements.txt" in audit
    assert "--ignore-vuln" not in audit  # one that is ignored needs its date and its reason here
