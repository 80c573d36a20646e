"""Who may ask, and from where: the door of this room, and all that the settings say about it as one object."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from assistant.settings import Settings
from assistant.store import Store
from assistant.web.guard.credentials import Keys, Sessions
from assistant.web.guard.proxies import Hosts, Proxies
from assistant.web.guard.sites import Origins, Portals, parse_origins


@dataclass(frozen=True)
class Guard:
    """The parts the middleware, the sign-in page and the headers decide by."""

    keys: Keys
    sessions: Sessions
    proxies: Proxies
    portals: Portals
    origins: Origins
    hosts: Hosts

    @classmethod
    def of(cls, settings: Settings, store: Store | None = None) -> Guard:
        """``store`` keeps which sessions were ended; without it only this process knows.

        Raises ConfigurationError for a setting that can't be used, naming it and never repeating a secret.
        """
        keys = Keys.of(settings.api_keys)
        portals = Portals.of(settings.portals)
        allowed = parse_origins(settings.allowed_origins.split(","), "ASSISTANT_ALLOWED_ORIGINS")
        return cls(
            keys=keys,
            sessions=Sessions(keys, settings.session_hours, store),
            proxies=Proxies.of(settings),
            portals=portals,
            origins=Origins.of(allowed | portals.origins, settings.public_url),
            hosts=Hosts.of(settings),
        )

    def framers(self, query: QueryParams) -> list[str]:
        """The origins whose pages may frame ``/embed`` and talk with it.

        Without ``portal`` in the query: every listed origin. One known portal: its origins. Unknown or several: none.
        """
        named = query.getlist("portal")
        if not named:
            return sorted(self.origins.listed)
        portal = self.portals.get(named[0]) if len(named) == 1 else None
        return sorted(portal.origins) if portal else []

    @property
    def closed(self) -> bool:
        """Whether a caller has to say who it is."""
        return bool(self.keys) or self.proxies.header is not None
