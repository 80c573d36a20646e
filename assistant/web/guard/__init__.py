"""All that the settings say about who may ask, from where, as one object."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from assistant.settings import Settings
from assistant.web.guard.credentials import Keys, Sessions
from assistant.web.guard.origins import Origins, parse_origins
from assistant.web.guard.portals import Portals
from assistant.web.guard.proxies import Hosts, Proxies


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
    def of(cls, settings: Settings) -> Guard:
        """Raises ConfigurationError for a setting that can't be meant, naming it and never repeating a secret."""
        keys = Keys.of(settings.api_keys)
        portals = Portals.of(settings.portals)
        allowed = parse_origins(settings.allowed_origins.split(","), "ASSISTANT_ALLOWED_ORIGINS")
        return cls(
            keys=keys,
            sessions=Sessions(keys, settings.session_hours),
            proxies=Proxies.of(settings),
            portals=portals,
            origins=Origins.of(allowed | portals.origins, settings.public_url),
            hosts=Hosts.of(settings),
        )

    def framers(self, query: QueryParams) -> list[str]:
        """The origins whose pages may frame ``/embed`` and talk with it: those of the portal its query names.

        All that are listed where it names none; nobody where it names one that isn't known, or several.
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
