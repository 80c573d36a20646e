"""The Dockerfile and the compose file: what can be held against the code without a Docker daemon."""

import re
from pathlib import Path

from pydantic import SecretStr

from assistant.settings import Settings
from assistant.textfiles import load_yaml

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES = load_yaml((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]


def test_every_setting_they_name_exists() -> None:
    named = set(re.findall(r"\bASSISTANT_(\w+)", DOCKERFILE)) | {
        name.removeprefix("ASSISTANT_") for name in SERVICES["assistant"]["environment"]
    }
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


def test_the_server_runs_without_root_and_is_checked() -> None:
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert "/healthz" in final.split("HEALTHCHECK")[1]
    assert "API_KEYS" not in final


def test_the_compose_file_writes_nowhere_but_to_volumes() -> None:
    server = SERVICES["assistant"]
    assert server["read_only"]
    assert server["cap_drop"] == ["ALL"]
    assert {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", [])} == {
        "data",
        "postgres",
    }
    assert all(one["condition"] == "service_healthy" for one in server["depends_on"].values())


def test_the_addresses_are_ones_the_settings_take() -> None:
    given = SERVICES["assistant"]["environment"]
    address = re.sub(r"\$\{[^}]+\}", "secret", given["ASSISTANT_DATABASE_URL"])
    storage = given["ASSISTANT_RATE_LIMIT_STORAGE"]
    made = Settings(database_url=SecretStr(address), rate_limit_storage=storage)
    assert made.database == address
