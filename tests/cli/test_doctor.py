import json
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import pytest
from model_server import ModelServer

from assistant.answering.prompts import FOLDER

KEY = "sk-0123456789"


def by_name(run) -> dict[str, dict[str, object]]:
    return {check["name"]: check for check in json.loads(run("doctor", "--json").stdout)["checks"]}


def test_a_sound_installation_gets_a_tick_on_every_line(run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    checks, _, texts = result.stdout.partition("\n\n")
    assert [line[0] for line in checks.splitlines()] == ["✓"] * 8
    assert texts.split()[:4] == ["text", "owner", "version", "SHA-256"]
    assert "✓ encoder: ONNX Runtime, cosine 1.0000000 with sentence-transformers" in result.stdout
    assert "nothing leaves this machine" in result.stdout


def test_a_missing_index_and_a_bad_document_are_told_with_the_remedy(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.md").write_text("# Good\n\nA text.\n")
    (tmp_path / "bad.md").write_bytes(b"\x00\x01")
    monkeypatch.setenv("ASSISTANT_CORPUS", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_INDEX", str(tmp_path / "index"))
    result = run("doctor")
    assert result.exit_code == 1
    assert "✗ documents: 1 loaded" in result.stdout
    missing = "✗ index: Not current: this version has no index of these documents.\n"
    assert f"{missing}  → Run: assistant index build" in result.stdout
    assert not (tmp_path / "index").exists()


def test_a_model_that_answers_is_well_and_one_that_is_down_is_not(
    run, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL_API_KEY", KEY)
    assert by_name(run)["chat model"]["ok"]
    assert "go to openai:local" in str(by_name(run)["network"]["detail"])
    monkeypatch.setenv("ASSISTANT_MODEL_BASE_URL", "http://127.0.0.1:9/v1")
    result = run("doctor")
    assert result.exit_code == 1
    assert "✗ chat model: The chat model openai:local failed" in result.stdout
    assert KEY not in result.output


def test_a_model_that_can_not_be_set_up_says_what_to_install(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL", "anthropic:x")
    check = by_name(run)["chat model"]
    assert not check["ok"]
    assert check["remedy"]


def test_the_texts_that_count_are_listed_with_owner_version_and_hash(run) -> None:
    found = {text["name"]: text for text in json.loads(run("doctor", "--json").stdout)["texts"]}
    answer = found["answering/prompts/answer.md"]
    data = (FOLDER / "answer.md").read_bytes()
    assert (answer["owner"], answer["sha256"], answer["differs"]) == ("answering", sha256(data).hexdigest(), False)
    row = next(line for line in run("doctor").stdout.splitlines() if line.startswith("answering/prompts/answer.md"))
    assert row.split() == [answer["name"], "answering", answer["version"], answer["sha256"][:12], "built", "in"]


def test_prompts_of_your_own_are_told_from_the_built_in_ones(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(FOLDER, tmp_path / "prompts")
    (tmp_path / "prompts" / "answer.md").write_text("Say {{ refusal }}.")
    monkeypatch.setenv("ASSISTANT_PROMPTS", str(tmp_path / "prompts"))
    found = json.loads(run("doctor", "--json").stdout)
    assert [text["name"] for text in found["texts"] if text["differs"]] == ["answering/prompts/answer.md"]
    check = by_name(run)["texts"]
    assert "of them your own: answering/prompts/answer.md" in str(check["detail"])
    assert "Say owner and version in the head of: answering/prompts/answer.md." in str(check["remedy"])


def test_a_folder_of_prompts_that_is_not_there_is_told(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PROMPTS", "nowhere")
    result = run("doctor")
    assert result.exit_code == 1
    assert "✗ texts:" in result.stdout
    assert "Correct ASSISTANT_PROMPTS." in result.stdout


def test_tracing_to_another_host_is_reported(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    check = by_name(run)["network"]
    assert not check["ok"]
    assert "LangSmith" in str(check["detail"])
