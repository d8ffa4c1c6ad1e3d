"""RequestAuth: may this request pass, and does that room belong to its token? Knows tokens and requests' headers;
nothing of what is served.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from aiohttp import web

from tools.http.token_gate import NotLetIn, Pass, TokenGate
from tools.http.tokens import Scope


class RequestAuth:
    """gate: of the server's tokens. refused: called for every request that may not pass."""

    def __init__(self, gate: TokenGate, refused: Callable[[], object]) -> None:
        self._gate, self._refused = gate, refused

    @property
    def needed(self) -> bool:
        """Whether anybody has to show a token."""
        return self._gate.needed

    def enter(self, request: web.Request, scope: Scope) -> Pass:
        """Raises NotLetIn."""
        try:
            return self._gate.enter(request.headers.get("Authorization"), scope)
        except NotLetIn:
            self._refused()
            raise

    def own(self, request: web.Request, entered: Pass, who: str) -> None:
        """What another token made takes ADMIN. who: the maker's id. Raises NotLetIn."""
        if entered.who != who:
            self.enter(request, Scope.ADMIN)

    def seat(self, entered: Pass) -> AbstractContextManager[None]:
        """One of the sessions that the token may have at once; on entering it raises NotLetIn."""
        return self._gate.session(entered)
