import json
from pathlib import Path

import pytest
from model_server import ModelServer

KEY = "sk-0123456789"


def by_name(run) -> dict[str, dict[str, object]]:
    return {check["name"]: check for check in json.loads(run("doctor", "--json").stdout)["checks"]}


def test_a_sound_installation_gets_a_tick_on_every_line(run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert [line[0] for line in result.stdout.splitlines()] == ["✓"] * 6
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
    assert "✗ index: Not current: no index has been built yet.\n  → Run: assistant index build" in result.stdout
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


def test_tracing_to_another_host_is_reported(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    check = by_name(run)["network"]
    assert not check["ok"]
    assert "LangSmith" in str(check["detail"])
