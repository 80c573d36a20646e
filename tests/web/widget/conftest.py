"""The widget's tests share a portal of another origin, an open server that lists it, and one with keys and a demo."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from chat_server import ChatServer
from playwright.sync_api import Browser, Page
from portal_site import PortalSite
from portals_known import INTRANET_SECRET, KEY, WIKI_SECRET, Closed
from serving import Process, by_command, serving

ASTRAL = """# Kites 🪁

🪁🪁 In autumn 🍂 the wind is steady. 🧵 A kite line of forty metres suits a beginner. 🎏 Rain ruins paper.
"""
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def site() -> Iterator[PortalSite]:
    with PortalSite() as portal:
        yield portal


@pytest.fixture(scope="session")
def chat() -> Iterator[ChatServer]:
    with ChatServer() as model:
        yield model


@pytest.fixture(scope="session")
def server(
    index_dir: Path, site: PortalSite, chat: ChatServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An open assistant that lists the portal; with a corpus of kites and a chat model to choose."""
    folder = tmp_path_factory.mktemp("kites")
    (folder / "kites.md").write_text(ASTRAL, encoding="utf-8")
    with serving(
        allowed_origins=site.origin,
        corpora=f"kites={folder}",
        models="openai:local",
        model_base_url=chat.address,
        model_api_key="none",
        rate_limit="",
        database_url=f"sqlite:///{folder / 'db.sqlite'}",
    ) as (_, told):
        yield told


@pytest.fixture(scope="session")
def closed(index_dir: Path, site: PortalSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    """``assistant serve --demo`` with keys and two portals, of which the site is one."""
    folder = tmp_path_factory.mktemp("portals")
    (folder / "portals.toml").write_text(
        f'[intranet]\norigins = ["{site.origin}"]\nsecret_env = "INTRANET_SECRET"\n'
        f'[wiki]\norigins = ["https://wiki.example.com"]\nsecret_file = "wiki.secret"\n'
    )
    (folder / "wiki.secret").write_text(WIKI_SECRET)
    given = os.environ | {
        "ASSISTANT_API_KEYS": f"alice:{KEY}",
        "ASSISTANT_PORTALS": str(folder / "portals.toml"),
        "ASSISTANT_DATABASE_URL": f"sqlite:///{folder / 'db.sqlite'}",
        "INTRANET_SECRET": INTRANET_SECRET,
        "ASSISTANT_RATE_LIMIT": "1000/minute",
    }
    with Process(given, partial(by_command, "serve", "--demo", "--port", "0")) as process:
        yield Closed(server=process.address(), demo=process.address("The demo portal is at"))


@pytest.fixture
def visit(browser: Browser, site: PortalSite) -> Iterator[Visit]:
    """Opens an address in a fresh profile: ``visit(url, width=390, color_scheme="dark")``."""
    contexts = []

    def visited(url: str, width: int = 1280, height: int = 860, **options: object) -> Page:
        chosen = {"reduced_motion": "reduce", "viewport": {"width": width, "height": height}, **options}
        context = browser.new_context(**chosen)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(site.origin + url if url.startswith("/") else url)
        return page

    yield visited
    for context in contexts:
        context.close()
