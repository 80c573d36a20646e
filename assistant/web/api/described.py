"""``/docs``: what ``/openapi.json`` says as a page, in groups, each operation with an example of request and reply."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

Described = Mapping[str, Any]
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Ask": ("/api/ask", "/api/search", "/api/advise", "/api/models"),
    "Documents": ("/api/sources", "/api/themes"),
    "Conversations and feedback": ("/api/conversations", "/api/feedback"),
    "OpenAI clients": ("/v1/",),
    "Operation": ("/healthz", "/readyz", "/metrics"),
}
OTHER = "Other"
SAMPLES = {"q": "What is RAG good for?", "source_id": "pan-framework", "theme_id": "evals", "format": "markdown"}
"""Values of parameters in the examples of requests."""
LONGEST = 40
"""Most lines of an example; all of it stands in ``/openapi.json``."""


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body."""

    name: str
    kind: str
    required: bool
    told: str


@dataclass(frozen=True)
class Operation:
    """One operation as the page tells it; ``replies`` are by status and media type."""

    method: str
    path: str
    summary: str
    told: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    request: str
    replies: tuple[tuple[str, str], ...]
    errors: tuple[tuple[str, str], ...]

    @property
    def anchor(self) -> str:
        """The id of its place on the page."""
        return f"{self.method.lower()}{self.path}".replace("/", "-").replace("{", "").replace("}", "")


def group_of(path: str) -> str:
    """The heading a path stands under."""
    return next((name for name, begins in GROUPS.items() if path.startswith(begins)), OTHER)


def page_of(document: Described, base: str) -> list[tuple[str, list[Operation]]]:
    """The operations by group; ``base`` is the address of the server in the examples."""
    order = [*GROUPS, OTHER]
    found = sorted(_operations(document, base), key=lambda each: order.index(group_of(each.path)))
    return [(group, list(run)) for group, run in groupby(found, lambda each: group_of(each.path))]


def _operations(document: Described, base: str) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        for method, found in item.items():
            _, _, more = str(found.get("description", "")).partition("\n\n")
            body = _schema(found, schemas)
            replies = {code: reply for code, reply in found["responses"].items() if code < "3"}
            errors = {code: reply for code, reply in found["responses"].items() if "3" < code < "6"}
            yield Operation(
                method=method.upper(),
                path=path,
                summary=found["summary"],
                told=tuple(" ".join(part.split()) for part in more.split("\n\n") if part.strip()),
                parameters=tuple(_parameter(each) for each in found.get("parameters", ())),
                body=tuple(_fields(body)),
                request=_request(method, path, found, body, base),
                replies=tuple(_replies(replies)),
                errors=tuple((code, str(reply["description"])) for code, reply in errors.items()),
            )


def _schema(operation: Described, schemas: Described) -> Described:
    content = operation.get("requestBody", {}).get("content", {})
    schema: Described = next((each["schema"] for each in content.values()), {})
    named: Described = schemas.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
    return named


def _parameter(found: Described) -> Field:
    place = "" if found["in"] == "query" else f", {found['in']}"
    kind = f"{_kind(found['schema'])}{place}"
    return Field(found["name"], kind, bool(found.get("required")), str(found.get("description", "")))


def _fields(schema: Described) -> Iterator[Field]:
    for name, each in schema.get("properties", {}).items():
        yield Field(name, _kind(each), name in schema.get("required", ()), str(each.get("description", "")))


def _kind(schema: Described) -> str:
    """A type in words: ``string``, ``integer or null``, ``list of Said``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def _request(method: str, path: str, operation: Described, body: Described, base: str) -> str:
    """The request as a curl command."""
    parameters = operation.get("parameters", ())
    filled = path
    for each in parameters:
        if each["in"] == "path":
            filled = filled.replace(f"{{{each['name']}}}", SAMPLES.get(each["name"], each["name"].upper()))
    query = {e["name"]: SAMPLES[e["name"]] for e in parameters if e["in"] == "query" and e["name"] in SAMPLES}
    address = f"{base}{filled}" + (f"?{urlencode(query)}" if query else "")
    command = "curl" if method == "get" else f"curl -X {method.upper()}" if method == "delete" else "curl"
    if not body:
        return f"{command} '{address}'"
    sent = json.dumps(next(iter(body.get("examples", ())), {}), ensure_ascii=False)
    return f"{command} '{address}' -H 'Content-Type: application/json' \\\n  -d '{sent}'"


def _replies(replies: Described) -> Iterator[tuple[str, str]]:
    for code, reply in replies.items():
        content = reply.get("content", {})
        if not content:
            yield f"{code} {reply['description']}", ""
        for media_type, each in content.items():
            example = each.get("example", "")
            text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
            yield f"{code} {media_type}", _shortened(text)


def _shortened(text: str) -> str:
    lines = [line if len(line) <= 400 else f"{line[:400]} …" for line in text.splitlines()]
    return "\n".join([*lines[:LONGEST], "…"] if len(lines) > LONGEST else lines)
