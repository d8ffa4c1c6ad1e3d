"""Bearer tokens: made once, shown once, kept as hashes, with scopes, an end and limits of their own.

Knows secrets and their file; nothing of HTTP. The clock is passed in.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from engines.errors import UnderstudyError

_PREFIX = "ust"


class TokenError(UnderstudyError):
    """The token file cannot be used, or a token cannot be made or found."""


class Scope(StrEnum):
    """What a token lets in: watching, starting swaps, bringing faces, settings and other people's sessions."""

    VIEW = "view"
    SWAP = "swap"
    UPLOAD = "upload"
    ADMIN = "admin"


class Refusal(StrEnum):
    """Why a request may not pass. UNKNOWN also stands for ended and revoked: a stranger learns nothing."""

    UNKNOWN = "unknown"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one token. per_minute: requests. sessions: at once. upload: bytes of one upload."""

    per_minute: int = 120
    sessions: int = 2
    upload: int = 16 << 20


@dataclass(frozen=True, slots=True)
class Token:
    """digest: SHA-256 of the secret, hexadecimal. The secret has 256 random bits, so that no slow hash is needed."""

    id: str
    digest: str
    scopes: frozenset[Scope]
    expires: datetime | None
    limits: Limits = Limits()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """All tokens of a server. Empty: nobody may come in from elsewhere."""

    tokens: tuple[Token, ...] = ()

    def __bool__(self) -> bool:
        """Whether the server may listen beyond this machine at all."""
        return bool(self.tokens)

    def check(self, authorization: str | None, scope: Scope, now: datetime) -> Token | Refusal:
        """authorization: a request's header of that name. ADMIN includes all scopes."""
        kind, _, secret = (authorization or "").partition(" ")
        given = hashlib.sha256(secret.strip().encode()).hexdigest() if kind.lower() == "bearer" else ""
        found = None
        for token in self.tokens:  # all of them, always: how long it takes tells nothing
            if hmac.compare_digest(given, token.digest):
                found = token
        if found is None or (found.expires is not None and now >= found.expires):
            return Refusal.UNKNOWN
        return found if scope in found.scopes or Scope.ADMIN in found.scopes else Refusal.SCOPE

    def issued(
        self, scopes: Iterable[Scope], expires: datetime | None, limits: Limits | None = None, note: str = ""
    ) -> tuple["Tokens", Token, str]:
        """The tokens with a new one, the new one, and its secret, which is nowhere else. Raises TokenError."""
        wanted = frozenset(scopes)
        if not wanted:
            raise TokenError(f"a token without a scope opens nothing; give one of {', '.join(Scope)}")
        name, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        text = f"{_PREFIX}_{name}_{secret}"
        token = Token(name, hashlib.sha256(text.encode()).hexdigest(), wanted, expires, limits or Limits(), note)
        return replace(self, tokens=(*self.tokens, token)), token, text

    def revoked(self, name: str) -> "Tokens":
        """Without the token of this id. Raises TokenError."""
        kept = tuple(token for token in self.tokens if token.id != name)
        if len(kept) == len(self.tokens):
            raise TokenError(f"there is no token {name}; there are: {', '.join(t.id for t in kept) or 'none'}")
        return replace(self, tokens=kept)


@dataclass(slots=True)
class RateLimit:
    """How often one token may ask: a bucket that fills steadily and holds a minute's worth. Seconds are passed in."""

    per_minute: int
    level: float
    at: float

    @classmethod
    def full(cls, limits: Limits, now: float) -> "RateLimit":
        return cls(limits.per_minute, float(limits.per_minute), now)

    def take(self, now: float) -> float:
        """0 if the request may pass, else the seconds until one may."""
        self.level = min(self.per_minute, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) * 60 / self.per_minute


def load(path: Path) -> Tokens:
    """Raises TokenError where the file is missing, damaged, or open to others."""
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise TokenError(f"{path} can be read by others; `chmod 600 {path}` and make new tokens")
        told: list[dict[str, Any]] = json.loads(path.read_text())["tokens"]
        return Tokens(tuple(_read(one) for one in told))
    except OSError as error:
        raise TokenError(f"the tokens in {path} cannot be read: {error.strerror}; check the path") from error
    except (ValueError, KeyError, TypeError) as error:
        raise TokenError(f"the token file {path} is damaged ({error}); remove it and make new tokens") from error


def save(tokens: Tokens, path: Path) -> None:
    """Replaces the file whole, readable by its owner alone. Raises TokenError."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"tokens": [_told(token) for token in tokens.tokens]}, file, indent=1)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise TokenError(f"the tokens cannot be kept in {path}: {error.strerror}; name another file") from error


def _told(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "sha256": token.digest,
        "scopes": sorted(token.scopes),
        "expires": token.expires.isoformat() if token.expires else None,
        "limits": {
            "per_minute": token.limits.per_minute,
            "sessions": token.limits.sessions,
            "upload": token.limits.upload,
        },
        "note": token.note,
    }


def _read(told: dict[str, Any]) -> Token:
    expires = datetime.fromisoformat(told["expires"]) if told["expires"] else None
    if expires is not None and expires.tzinfo is None:
        raise ValueError("a time without its zone")
    scopes = frozenset(Scope(one) for one in told["scopes"])
    return Token(str(told["id"]), str(told["sha256"]), scopes, expires, Limits(**told["limits"]), str(told["note"]))
