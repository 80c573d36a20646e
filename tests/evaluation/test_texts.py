"""Every editable text says who owns it and which version it is, and whether it is the built-in one can be told."""

import subprocess
from pathlib import Path
from shutil import copytree

import pytest

from assistant.answering.prompts import FOLDER
from assistant.errors import ConfigurationError
from assistant.evaluation.answerers import LiveText, answering_texts, live_texts
from assistant.settings import CHECKOUT, Settings, load_settings

BUILT_IN = live_texts(Settings())
NAMED = {
    "answering/prompts/answer.md",
    "answering/prompts/condense.md",
    "answering/prompts/examples.yaml",
    "answering/prompts/repair.md",
    "answering/expectations.yaml",
    "answering/intents.yaml",
    "corpus/claims.yaml",
    "corpus/glossary.yaml",
    "corpus/statements/pan-framework.yaml",
    "corpus/terms.yaml",
    "corpus/themes/decisions.yaml",
    "evaluation/prompts/judge.md",
    "evaluation/thresholds.toml",
    "retrieval/questions.yaml",
    "tuning.yaml",
}


@pytest.mark.parametrize("text", BUILT_IN, ids=lambda text: text.name)
def test_a_text_has_an_owner_and_a_version_in_its_head(text: LiveText) -> None:
    assert text.owner
    assert text.version.isdigit()
    assert not text.differs


def test_no_text_is_left_out() -> None:
    listed = {text.path for text in BUILT_IN}
    kept = [*(CHECKOUT / "assistant").rglob("*.yaml"), *(CHECKOUT / "assistant").rglob("prompts/*.md")]
    kept += [*(CHECKOUT / "corpus").rglob("*.yaml"), *(CHECKOUT / "eval").glob("*.toml")]
    assert {path for path in kept if "data" not in path.relative_to(CHECKOUT).parts} <= listed
    assert {text.name for text in BUILT_IN} >= NAMED


def test_nothing_that_counts_is_kept_from_version_control() -> None:
    paths = [str(text.path) for text in BUILT_IN]
    ignored = subprocess.run(["git", "check-ignore", *paths], cwd=CHECKOUT, capture_output=True, text=True)
    assert ignored.stdout == ""


def test_a_copy_of_the_prompts_is_no_difference_and_a_changed_one_is(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    copytree(FOLDER, folder)
    settings = load_settings(prompts=folder)
    assert not any(text.differs for text in live_texts(settings))
    (folder / "repair.md").write_text("---\nowner: me\nversion: 7\n---\nOnce more.")
    (own,) = [text for text in live_texts(settings) if text.differs]
    assert (own.name, own.owner, own.version) == ("answering/prompts/repair.md", "me", "7")
    assert own.path == (folder / "repair.md").resolve()


def test_claims_and_statements_beside_ones_own_documents_count(tmp_path: Path) -> None:
    (tmp_path / "statements").mkdir()
    (tmp_path / "statements" / "bees.yaml").write_text("owner: us\nversion: 1\nstatements: []")
    (tmp_path / "claims.yaml").write_text("owner: me\nversion: 1\nclaims: []")
    own = {text.name: text.owner for text in live_texts(load_settings(corpus=str(tmp_path))) if text.differs}
    assert own == {"corpus/statements/bees.yaml": "us", f"corpus/claims.yaml in {tmp_path}": "me"}


def test_a_text_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "claims.yaml").write_text("{")
    with pytest.raises(ConfigurationError, match=r"claims\.yaml: can't be read"):
        live_texts(load_settings(corpus=str(tmp_path)))


def test_a_run_keeps_what_answers_are_made_by_and_not_what_they_are_measured_by() -> None:
    kept = answering_texts(load_settings())
    assert set(kept) == {text.name for text in BUILT_IN if not text.name.startswith("evaluation/")}
    assert all(said.startswith("version ") and len(said.rpartition(", ")[2]) == 64 for said in kept.values())
