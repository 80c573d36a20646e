"""What the parts of the web application share."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.settings import Settings
from assistant.store import Store
from assistant.web.api.own_key import STRICT, Reach
from assistant.web.desk import Desk
from assistant.web.ops.parts import Ops
from assistant.web.shelf import Shelf


@dataclass(frozen=True)
class Web:
    """One served application: its settings, its corpora, and the desk that answers."""

    settings: Settings
    shelf: Shelf
    desk: Desk
    ops: Ops
    store: Store
    reach: Reach = STRICT
