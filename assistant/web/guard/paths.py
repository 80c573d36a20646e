"""Which paths need no credentials, and which a portal's page may use."""

from __future__ import annotations

SAFE = frozenset({"GET", "HEAD"})
_PROBES = frozenset({"/healthz", "/readyz"})
_PUBLIC = frozenset({*_PROBES, "/login", "/widget.js", "/embed", "/favicon.ico"})
_PORTAL_POSTS = frozenset({"/api/ask", "/api/feedback"})
_PORTAL_PAGES = frozenset({"/api/sources", "/api/search", "/widget.js", "/embed"})
_PORTAL_FOLDERS = ("/api/sources/", "/read/", "/ui/")


def is_public(method: str, path: str) -> bool:
    """Whether anyone may; ``path`` as the router sees it, decoded. What is not exactly listed is not public."""
    if method == "POST":
        return path == "/login"
    return method in SAFE and (path in _PUBLIC or _under(path, ("/ui/",)))


def is_probe(method: str, path: str) -> bool:
    """Whether this is how an orchestrator looks after the server: by whatever address it has for it."""
    return method in SAFE and path in _PROBES


def portal_may(method: str, path: str) -> bool:
    """Whether a page of another site may ask for this."""
    if method == "POST":
        return path in _PORTAL_POSTS
    return method in SAFE and (path in _PORTAL_PAGES or _under(path, _PORTAL_FOLDERS))


def _under(path: str, folders: tuple[str, ...]) -> bool:
    return path.startswith(folders) and "\\" not in path and not {"", ".", ".."} & set(path[1:].split("/"))
