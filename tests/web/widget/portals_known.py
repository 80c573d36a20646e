"""Secrets of the portals that the closed server of these tests knows, and where that server is."""

from dataclasses import dataclass

KEY = "a-key-of-sixteen-letters-and-more"
INTRANET_SECRET = "the-secret-of-the-intranet-of-these-tests-0123456789"
WIKI_SECRET = "the-secret-of-the-wiki-of-these-tests-0123456789-abc"


@dataclass(frozen=True)
class Closed:
    """A server with keys: its address, and its demo portal's."""

    server: str
    demo: str
