"""All that the settings say about who may ask, from where, as one object."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.settings import Settings
from assistant.web.guard.hosts import Hosts
from assistant.web.guard.keys import Keys
from assistant.web.guard.origins import Origins, parse_origins
from assistant.web.guard.portals import Portals
from assistant.web.guard.proxies import Proxies
from assistant.web.guard.sessions import Sessions


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

    @property
    def closed(self) -> bool:
        """Whether a caller has to say who it is."""
        return bool(self.keys) or self.proxies.header is not None
