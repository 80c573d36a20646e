"""``/embed``: the assistant alone on a page of this server, for portals that frame it instead of running a script."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from assistant.web.guard.policy import Guard
from assistant.web.pages.templates import render

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
