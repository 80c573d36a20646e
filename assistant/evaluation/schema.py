"""The published JSON Schema of question files, made from the model that reads them."""

from __future__ import annotations

import json
from typing import Any

from assistant.evaluation.cases import Case


def suite_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a line of JSONL, and of a YAML file: a case, a list of them, or one under ``cases``."""
    case = Case.model_json_schema(ref_template="#/$defs/{model}")
    definitions = case.pop("$defs")
    cases = {"type": "array", "items": {"$ref": "#/$defs/Case"}, "minItems": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Evaluation cases",
        "description": "A case, a list of cases, or a list under the key cases.",
        "anyOf": [
            {"$ref": "#/$defs/Case"},
            cases,
            {"type": "object", "properties": {"cases": cases}, "required": ["cases"]},
        ],
        "$defs": {**definitions, "Case": case},
    }


def schema_text() -> str:
    """The schema as ``eval/schema.json`` holds it."""
    return json.dumps(suite_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(schema_text())
