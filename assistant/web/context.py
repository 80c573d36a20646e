"""What the parts of the web application share."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.settings import Settings
from assistant.web.desk import Desk
from assistant.web.shelf import Shelf


@dataclass(frozen=True)
class Web:
    """One served application: its settings, its corpora, and the desk that answers."""

    settings: Settings
    shelf: Shelf
    desk: Desk
