"""TokenGate: may this request pass? Tokens, scopes and each token's own limits, behind one call, for every server here.

Knows no HTTP but its status numbers. Clocks are passed in.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engines.errors import UnderstudyError
from stream.net.rate import RateLimit
from tools.http.tokens import Quota, Refusal, Scope, Token, TokenError, TokenLimits, Tokens, load

LOCAL = TokenLimits(per_minute=6000, sessions=64, upload=1 << 30, viewers=512, rooms=64, listeners=32)
"""Of who needs no token: this machine's own users, where no token file was named."""
_GONE = (0,)


class AccessDenied(UnderstudyError):
    """status: HTTP's: 400 for a malformed header, 401 without a valid token, 403 where it opens something else, 429 too
    often, 503 too many at once. retry: seconds until it is worth asking again, None where never."""

    def __init__(self, status: int, reason: str, retry: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.retry = status, retry


@dataclass(frozen=True, slots=True)
class Grant:
    """who: the token's id, empty where none was needed. It may be logged: it is not the secret."""

    who: str
    limits: TokenLimits


class TokenGate:
    """file: of tokens (`understudy token add`), None where everybody on this machine may come in. It is read again when
    it changes, so that a revoked token ends at once. For one thread."""

    def __init__(
        self,
        file: Path | None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises TokenError where the file is missing, damaged, open to others, or holds no token."""
        self._file, self._clock, self._now = file, clock, now
        self._tokens: Tokens = Tokens()
        self._seen: tuple[int, ...] = _GONE
        self._meters: dict[str, RateLimit] = {}
        self._held: Counter[tuple[str, Quota]] = Counter()
        if file is not None:
            self._refresh()
            if not self._tokens:
                raise TokenError(f"{file} holds no token; make one with `understudy token add --file {file}`")

    @property
    def needed(self) -> bool:
        return self._file is not None

    def authorize(self, authorization: str | None, scope: Scope) -> Grant:
        """authorization: the request's header of that name. Raises AccessDenied."""
        if self._file is None:
            return Grant("", LOCAL)
        self._refresh()
        found = self._tokens.check(authorization, scope, self._now())
        if found is Refusal.MALFORMED:
            raise AccessDenied(400, "the Authorization header is malformed; a token is plain ASCII")
        if found is Refusal.SCOPE:
            raise AccessDenied(403, f"this token does not open that; it takes one with the scope {scope.value}")
        if not isinstance(found, Token):
            raise AccessDenied(401, "a valid bearer token is needed")
        meter = self._meters.get(found.id)
        if meter is None or meter.per_minute != found.limits.per_minute:
            meter = self._meters[found.id] = RateLimit.full(found.limits.per_minute, self._clock())
        if wait := meter.take(self._clock()):
            raise AccessDenied(429, "this token asks too often; wait a little", int(wait) + 1)
        return Grant(found.id, found.limits)

    def stands(self, grant: Grant) -> bool:
        """Whether the token still opens anything: for what lasts longer than a request."""
        if self._file is None:
            return True
        self._refresh()
        return self._tokens.find(grant.who, self._now()) is not None

    @contextmanager
    def hold(self, grant: Grant, what: Quota) -> Iterator[None]:
        """Counts one of these for as long as it lasts. Raises AccessDenied where the token has as many as it may."""
        key, most = (grant.who, what), grant.limits.most(what)
        if self._held[key] >= most:
            raise AccessDenied(503, f"this token has its {most} {what.value} already; end one", 10)
        self._held[key] += 1
        try:
            yield
        finally:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]

    def _refresh(self) -> None:
        """A file that went, broke, or became readable by others while the server runs opens to nobody."""
        assert self._file is not None
        seen = _state_of(self._file)
        if seen == self._seen != _GONE:
            return
        first = self._seen == _GONE and not self._tokens
        try:
            self._tokens, self._seen = load(self._file), seen
        except TokenError:
            self._tokens, self._seen = Tokens(), seen
            if first:
                raise
        kept = {token.id for token in self._tokens.tokens}
        self._meters = {name: meter for name, meter in self._meters.items() if name in kept}


def _state_of(file: Path) -> tuple[int, ...]:
    """What differs once the file's content, or who may read it, has changed."""
    try:
        stat = file.stat()
    except OSError:
        return _GONE
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_mode, stat.st_size
