"""Bearer tokens: made once, shown once, kept as hashes, with scopes, an end and limits of their own.

Knows secrets and their file; nothing of HTTP. The clock is passed in.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
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
    """Why a request may not pass. UNKNOWN also stands for ended and revoked: a stranger learns nothing. MALFORMED: the
    header holds what no token holds, such as letters beyond ASCII."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    SCOPE = "scope"


class Quota(StrEnum):
    """What a token may have only so many of at once; each is a field of `TokenLimits`. SESSIONS: publishers. VIEWERS:
    who watches. ROOMS: rooms that wait with an uploaded face or are in use. LISTENERS: streams of events."""

    SESSIONS = "sessions"
    VIEWERS = "viewers"
    ROOMS = "rooms"
    LISTENERS = "listeners"


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Of one token. per_minute: requests. upload: bytes of one upload. The others: at once, see `Quota`."""

    per_minute: int = 120
    sessions: int = 2
    upload: int = 16 << 20
    viewers: int = 8
    rooms: int = 8
    listeners: int = 8

    def most(self, what: Quota) -> int:
        """How many of this a token may have at once."""
        match what:
            case Quota.SESSIONS:
                return self.sessions
            case Quota.VIEWERS:
                return self.viewers
            case Quota.ROOMS:
                return self.rooms
            case Quota.LISTENERS:
                return self.listeners


@dataclass(frozen=True, slots=True)
class Token:
    """digest: SHA-256 of the secret, hexadecimal. The secret has 256 random bits, so that no slow hash is needed."""

    id: str
    digest: str
    scopes: frozenset[Scope]
    expires: datetime | None
    limits: TokenLimits = TokenLimits()
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
        if not secret.isascii():
            return Refusal.MALFORMED
        given = hashlib.sha256(secret.strip().encode()).hexdigest() if kind.lower() == "bearer" else ""
        found = None
        for token in self.tokens:  # all of them, always: how long it takes tells nothing
            if hmac.compare_digest(given, token.digest):
                found = token
        if found is None or (found.expires is not None and now >= found.expires):
            return Refusal.UNKNOWN
        return found if scope in found.scopes or Scope.ADMIN in found.scopes else Refusal.SCOPE

    def find(self, name: str, now: datetime) -> Token | None:
        """The token of this id, if it is there and has not ended."""
        found = next((token for token in self.tokens if token.id == name), None)
        return None if found is None or (found.expires is not None and now >= found.expires) else found

    def issued(
        self, scopes: Iterable[Scope], expires: datetime | None, limits: TokenLimits | None = None, note: str = ""
    ) -> tuple["Tokens", Token, str]:
        """The tokens with a new one, the new one, and its secret, which is nowhere else. Raises TokenError."""
        wanted = frozenset(scopes)
        if not wanted:
            raise TokenError(f"a token without a scope opens nothing; give one of {', '.join(Scope)}")
        name, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        text = f"{_PREFIX}_{name}_{secret}"
        token = Token(name, hashlib.sha256(text.encode()).hexdigest(), wanted, expires, limits or TokenLimits(), note)
        return replace(self, tokens=(*self.tokens, token)), token, text

    def revoked(self, name: str) -> "Tokens":
        """Without the token of this id. Raises TokenError."""
        kept = tuple(token for token in self.tokens if token.id != name)
        if len(kept) == len(self.tokens):
            raise TokenError(f"there is no token {name}; there are: {', '.join(t.id for t in kept) or 'none'}")
        return replace(self, tokens=kept)


def load(path: Path) -> Tokens:
    """Raises TokenError where the file is missing, damaged, or open to others."""
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise TokenError(f"{path} can be read by others; `chmod 600 {path}` and make new tokens")
        told: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["tokens"]
        return Tokens(tuple(_read(one) for one in told))
    except OSError as error:
        raise TokenError(f"the tokens in {path} cannot be read: {error.strerror}; check the path") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TokenError(f"the token file {path} is damaged ({error}); remove it and make new tokens") from error


def save(tokens: Tokens, path: Path) -> None:
    """Replaces the file whole, readable by its owner alone. Raises TokenError."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"tokens": [_to_json(token) for token in tokens.tokens]}, file, indent=1)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise TokenError(f"the tokens cannot be kept in {path}: {error.strerror}; name another file") from error


def _to_json(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "sha256": token.digest,
        "scopes": sorted(token.scopes),
        "expires": token.expires.isoformat() if token.expires else None,
        "limits": asdict(token.limits),
        "note": token.note,
    }


def _read(told: dict[str, Any]) -> Token:
    expires = datetime.fromisoformat(told["expires"]) if told["expires"] else None
    if expires is not None and expires.tzinfo is None:
        raise ValueError("a time without its zone")
    scopes = frozenset(Scope(one) for one in told["scopes"])
    texts = [told[name] for name in ("id", "sha256", "note")]
    if not all(isinstance(text, str) and text.isprintable() for text in texts) or not texts[1].isascii():
        raise ValueError("id, sha256 and note are texts")
    return Token(texts[0], texts[1], scopes, expires, _limits(told["limits"]), texts[2])


def _limits(told: dict[str, Any]) -> TokenLimits:
    """What a file of an earlier version does not say is as usual."""
    if not all(type(value) is int and value >= 0 for value in told.values()):
        raise ValueError("limits are whole numbers")
    return TokenLimits(**told)
