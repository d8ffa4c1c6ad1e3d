"""RequestAuth: may this request pass, and does that room belong to its token? Knows tokens and requests' headers;
nothing of what is served.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from aiohttp import web

from tools.http.token_gate import AccessDenied, Grant, TokenGate
from tools.http.tokens import Quota, Scope


class RequestAuth:
    """gate: of the server's tokens. refused: called for every request that may not pass."""

    def __init__(self, gate: TokenGate, refused: Callable[[], object]) -> None:
        self._gate, self._refused = gate, refused

    @property
    def needed(self) -> bool:
        """Whether anybody has to show a token."""
        return self._gate.needed

    def authorize(self, request: web.Request, scope: Scope) -> Grant:
        """Raises AccessDenied."""
        try:
            return self._gate.authorize(request.headers.get("Authorization"), scope)
        except AccessDenied:
            self._refused()
            raise

    def own(self, request: web.Request, grant: Grant, who: str) -> None:
        """What another token made takes ADMIN. who: the maker's id. Raises AccessDenied."""
        if grant.who != who:
            self.authorize(request, Scope.ADMIN)

    def hold(self, grant: Grant, what: Quota) -> AbstractContextManager[None]:
        """One of those that the token may have at once; on entering it raises AccessDenied."""
        return self._gate.hold(grant, what)

    def stands(self, grant: Grant) -> bool:
        """Whether the token still opens anything."""
        return self._gate.stands(grant)
