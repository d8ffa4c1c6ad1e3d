"""Origin: the host that an address names, and requests that go to it and to nobody else.

Knows HTTP; nothing of what is fetched. A redirect to another host is refused, with the new address in the message: who
named the first one decides about the second.
"""

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO
from urllib.parse import urljoin, urlsplit

from engines.errors import InputError
from stream.untrusted.text import printable

_PORTS = {"http": 80, "https": 443}
_AGENT = "understudy"
_WITHIN = 20.0
"""Seconds without an answer."""


class ForeignAddressError(InputError):
    """An address on another host than the one that the user named, or of another kind."""


@dataclass(frozen=True, slots=True)
class Origin:
    """host: lower case. port: of the connection. tls: whether it is encrypted."""

    host: str
    port: int
    tls: bool

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Raises InputError for what is no http or https address."""
        try:
            parts = urlsplit(url)
            scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        except ValueError as error:
            raise InputError(f"{printable(url)} is no address: {error}; check it") from error
        if scheme not in _PORTS or not host:
            raise InputError(f"{printable(url)} is no http or https address; check it")
        return cls(host.lower(), port or _PORTS[scheme], scheme == "https")

    def holds(self, url: str) -> bool:
        """Whether an address is on this host and port. The step from http to https on the usual ports is on it too; the
        step back is not."""
        try:
            other = Origin.of(url)
        except InputError:
            return False
        upgraded = (self.port, self.tls, other.port, other.tls) == (80, False, 443, True)
        return other.host == self.host and (upgraded or (other.port, other.tls) == (self.port, self.tls))


class OriginClient:
    """GET requests to one origin. address: any address on it, as the user named it."""

    def __init__(self, address: str) -> None:
        """Raises InputError."""
        self.origin = Origin.of(address)
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.UnknownHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _Redirects(self.origin),
        ):
            self._opener.add_handler(handler)

    def get(self, url: str, first: int = 0, last: int | None = None) -> http.client.HTTPResponse:
        """The answer to a request for the bytes from `first` to `last`, to be read and closed. Raises
        ForeignAddressError, InputError."""
        if not self.origin.holds(url):
            raise ForeignAddressError(
                f"{printable(url)} is on another host than {self.origin.host}:{self.origin.port}, which was named; it"
                " is not asked"
            )
        headers = {"User-Agent": _AGENT}
        if first or last is not None:
            headers["Range"] = f"bytes={first}-{'' if last is None else last}"
        try:
            answer = self._opener.open(urllib.request.Request(url, headers=headers), timeout=_WITHIN)
        except (OSError, http.client.HTTPException, ValueError) as error:  # HTTPError and URLError too
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise InputError(
                f"{printable(url)} could not be fetched: {printable(reason)}; check the address"
            ) from error
        assert isinstance(answer, http.client.HTTPResponse)
        if first and answer.status != 206:  # the server knows no ranges
            answer.close()
            raise InputError(f"{printable(url)}: the server does not give parts of it; download it and name the file")
        return answer


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows within the origin, and says where else it should have gone."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        to = urljoin(req.full_url, newurl)
        if not self._origin.holds(to):
            fp.close()
            raise ForeignAddressError(
                f"{printable(req.full_url)} has moved to another host, {printable(to)}; name that address if you trust"
                " it"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)
