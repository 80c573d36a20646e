"""``/embed``: the assistant alone on a page of this server, for portals that frame it instead of running a script.

``/widget.js``: the embeddable assistant as one script, put together from its parts when the server starts.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from assistant.errors import Problem
from assistant.web.guard import Guard
from assistant.web.rendering import render

LONGEST_TITLE = 80
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NAME = re.compile(r"[\w.:/-]{1,200}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-z]{3,30}")


def embed_routes(guard: Guard) -> APIRouter:
    """The route ``/embed``. Who may frame it is the guard's header; who may ask, the token that it is handed."""
    routes = APIRouter()

    @routes.api_route("/embed", methods=["GET", "HEAD"], include_in_schema=False)
    def embed(
        request: Request,
        lang: str = "en",
        theme: str = "auto",
        title: str = "",
        accent: str = "",
        corpus: str = "",
        model: str = "",
        feedback: Annotated[str, Query()] = "on",
    ) -> HTMLResponse:
        looks = {
            "title": title.strip()[:LONGEST_TITLE],
            "theme": theme if theme in {"light", "dark"} else "auto",
            "accent": _if_fits(_COLOUR, accent),
            "corpus": _if_fits(_NAME, corpus),
            "model": _if_fits(_NAME, model),
            "feedback": "off" if feedback == "off" else "on",
        }
        origins = guard.framers(request.query_params)
        return render("embed.html", looks=looks, lang=_if_fits(_LANG, lang) or "en", origins=origins)

    return routes


def _if_fits(pattern: re.Pattern[str], value: str) -> str:
    return value if pattern.fullmatch(value) else ""


PARTS = Path(__file__).parents[1] / "static" / "widget"
ORDER = ("dom", "texts", "prose", "wire", "memory", "answer", "reader", "talk", "colours", "element", "start")
LATER = ("page", "case", "de")
"""Parts that come when they are needed: what shows a document, what shows a case, and a language each."""
_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=async|class|const|function)", re.MULTILINE)
_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*.*?\*/\n", re.DOTALL | re.MULTILINE)
_LINE_COMMENT = re.compile(r"^[ \t]*//.*\n|(?<=[;{,(]) // .*$", re.MULTILINE)
_INDENT = re.compile(r"^\s+", re.MULTILINE)
_LITERAL = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`"""
    r"""|(?<=[(,=:|&?!{;\n])\s*/(?![/*])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*)"""
)
"""Strings, templates and patterns: white space in them stays."""
_AROUND_JS_MARKS = re.compile(r" *([=+*<>?:,;(){}\[\]|&!-]+) *")
_LINES_JOINED = re.compile(r"(?<=[;{},(\[])\n+")
_AROUND_CSS_MARKS = re.compile(r"\s*([{};,>])\s*|(?<=:) |;(?=\s*})")


@dataclass(frozen=True)
class Widget:
    """The script as it is sent: plain, compressed, and the tag that names this version."""

    plain: bytes
    compressed: bytes
    etag: str


def widget_routes() -> APIRouter:
    """The route ``/widget.js``. A browser asks anew after five minutes, and is told at once if nothing changed.

    ``?part=de`` is a part of it that comes later.
    """
    routes = APIRouter()
    widgets = {"": packed(script())} | {name: packed(part(name)) for name in LATER}

    @routes.api_route("/widget.js", methods=["GET", "HEAD"], include_in_schema=False)
    def script_route(request: Request, part: str = "") -> Response:
        widget = widgets.get(part)
        if widget is None:
            raise Problem(404, "not_found", "The widget has no such part.", f"There are: {', '.join(LATER)}.")
        headers = {
            "ETag": widget.etag,
            "Cache-Control": "public, max-age=300, must-revalidate",
            "Vary": "Accept-Encoding",
        }
        if widget.etag in _tags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(widget.plain, media_type="text/javascript", headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(widget.compressed, media_type="text/javascript", headers=headers)

    return routes


def script() -> str:
    """The modules in one function scope, in the order they need each other, with the style sheet as a string.

    Imports, comments and idle white space are left out; names stay as they are, so that it can be read there.
    """
    styles = _BLOCK_COMMENT.sub("", (PARTS / "widget.css").read_text(encoding="utf-8"))
    text = json.dumps(_AROUND_CSS_MARKS.sub(r"\1", " ".join(styles.split())), ensure_ascii=False)
    body = "\n".join(_bare((PARTS / f"{name}.js").read_text(encoding="utf-8")) for name in ORDER)
    return f'(() => {{\n"use strict";\nconst STYLES = {text};\n{body}}})();\n'


def part(name: str) -> str:
    """A part that is loaded later, which shares what it needs with the script that is there."""
    module = (PARTS / f"{name}.js").read_text(encoding="utf-8")
    shared = "const SHARED = customElements.get('essay-assistant').shared;"
    names = "const { TEXTS, fill, h, icon, webAddress, slicePoints, unitsAt } = SHARED;"
    return f'(() => {{\n"use strict";\n{shared}\n{names}\n{_bare(module)}}})();\n'


def _bare(module: str) -> str:
    for pattern in (_IMPORT, _EXPORT, _BLOCK_COMMENT, _LINE_COMMENT, _INDENT):
        module = pattern.sub("", module)
    pieces = _LITERAL.split(module)
    pieces[::2] = [_LINES_JOINED.sub("", _AROUND_JS_MARKS.sub(r"\1", piece)) for piece in pieces[::2]]
    return "".join(pieces)


def packed(text: str) -> Widget:
    """A script ready to be sent."""
    plain = text.encode()
    return Widget(plain, gzip.compress(plain, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"')


def _tags(header: str) -> set[str]:
    """The tags of an If-None-Match header; a proxy that compresses marks its own as weak."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
