"""The plain pages' templates; everything put into them is escaped."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"), autoescape=True, undefined=StrictUndefined
)
SHORT_KIND = {"notes": "Notes, in our words", "original": "Original"}
_PAGES.globals["short_kind"] = SHORT_KIND


def render(template: str, status: int = 200, /, **values: object) -> HTMLResponse:
    """A page as the reply to a request."""
    return HTMLResponse(_PAGES.get_template(template).render(**values), status_code=status)
