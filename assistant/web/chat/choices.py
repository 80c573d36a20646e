"""The model and the corpus a person chose, and what there is to choose from."""

from __future__ import annotations

import json

from markupsafe import Markup
from pydantic import ValidationError

from assistant.types import Frozen
from assistant.web.chat import welcome
from assistant.web.shelf import DEFAULT, Shelf


class Choice(Frozen):
    """Names as the shelf offers them; None: the default. One that is not offered is refused when it is asked."""

    model: str | None = None
    corpus: str | None = None


def read_choice(text: str) -> Choice:
    """The choice as the page sends it; the defaults where it sends none."""
    try:
        chosen = Choice.model_validate_json(text)
    except ValidationError:
        return Choice()
    return chosen.model_copy(update={"corpus": None}) if chosen.corpus == DEFAULT else chosen


def engine_html(shelf: Shelf) -> str:
    """The fine print under the question's box, and as hidden text what the page's scripts offer there."""
    offered = {
        "models": [{"id": name, "how": welcome.written_by(name)} for name in shelf.models],
        "corpora": [{"id": name, "from": welcome.documents(each)} for name, each in shelf.assistants.items()],
    }
    record = Markup('<div class="record">{}</div>').format(json.dumps(offered))
    return str(Markup('<p class="fine">{}</p>').format(welcome.engine(shelf.default)) + record)
