"""API keys: who holds one, without the server keeping any."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from pydantic import SecretStr

from assistant.errors import ConfigurationError

LEAST = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_KEY = re.compile(rf"[\x21-\x7e]{{{LEAST},512}}")
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_HASHED = "sha256:"
_REMEDY = "Write name:key or name:sha256:HEX, with commas between them."


@dataclass(frozen=True)
class Key:
    """A key by its holder's name and the SHA-256 of its characters, as hex digits."""

    name: str
    digest: str = field(repr=False)


class Keys:
    """The keys that may ask. Several may have one name, so that a key can be replaced while the old one still works."""

    def __init__(self, keys: tuple[Key, ...] = ()) -> None:
        """None: nobody is asked for a key."""
        self._keys = keys

    @classmethod
    def of(cls, setting: SecretStr | None) -> Keys:
        """From ``name:key`` and ``name:sha256:HEX``, by commas. Raises ConfigurationError, which repeats no key."""
        if setting is None:
            return cls()
        entries = [entry.strip() for entry in setting.get_secret_value().split(",")]
        return cls(tuple(_key(number, entry) for number, entry in enumerate(entries, 1)))

    def __bool__(self) -> bool:
        return bool(self._keys)

    def holder(self, given: str) -> Key | None:
        """The key that was given, or None. It takes the same time whichever matches, or none."""
        digest = hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def named(self, name: str) -> list[Key]:
        """The keys of one holder."""
        return [key for key in self._keys if key.name == name]


def _key(number: int, entry: str) -> Key:
    name, colon, secret = entry.partition(":")
    if not colon or not _NAME.fullmatch(name) or name == _HASHED.rstrip(":"):
        raise ConfigurationError(f"ASSISTANT_API_KEYS: entry {number} has no name before a colon.", _REMEDY)
    if secret.startswith(_HASHED):
        digest = secret.removeprefix(_HASHED)
        if not _HEX.fullmatch(digest):
            raise ConfigurationError(
                f"ASSISTANT_API_KEYS: what follows sha256: for {name} is not 64 hex digits.",
                "Hash the key with: printf %s KEY | sha256sum",
            )
        return Key(name, digest.lower())
    if not _KEY.fullmatch(secret):
        raise ConfigurationError(
            f"ASSISTANT_API_KEYS: the key of {name} is under {LEAST} characters, or has some that no header takes.",
            "Make one with: openssl rand -hex 24",
        )
    return Key(name, hashlib.sha256(secret.encode()).hexdigest())
