"""Settings of the live server: small typed values with defaults."""

from dataclasses import dataclass, field
from pathlib import Path

from engines.errors import UnderstudyError
from stream.consent.consent import Consent
from stream.live.swaps import LiveOptions
from stream.net.loopback import is_loopback
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import WORDS
from tools.http.base_path import check_base_path


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server. url: `stun:host:port`, `turn:host:port`."""

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """spec: what is painted; the photos in it are the face of sessions that bring none. live: guard, marks and label.
    tokens: file of bearer tokens. most: sessions at once, whatever the load. quiet_after: seconds without a picture
    after which a session ends. consent: of the people in the spec, None where it names nobody. base_path: the path
    under which a proxy shows the server, empty for none. bare: no swap at all, for measuring what the path itself
    costs. texts: a file with further languages of the page."""

    host: str = "127.0.0.1"
    port: int = 8080
    spec: SwapSpec = field(default_factory=lambda: SwapSpec(who="all"))
    live: LiveOptions = field(default_factory=LiveOptions)
    tokens: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    ice: tuple[IceServer, ...] = ()
    origins: tuple[str, ...] = ()
    most: int = 16
    viewers: int = 8
    quiet_after: float = 15.0
    trace: Path | None = None
    consent: Consent | None = None
    base_path: str = ""
    bare: bool = False
    texts: Path | None = None

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def disclosure(self) -> str:
        """What viewers are told, on the page and in a header."""
        return self.live.label.words if self.live.label is not None else WORDS

    def check(self) -> None:
        """Raises UnderstudyError where the settings would open the machine to strangers or cannot work."""
        if not self.loopback and self.tokens is None:
            raise UnderstudyError(
                f"--host {self.host} can be reached by others, so it needs --tokens FILE: make one with"
                f" `understudy token add --file FILE`; without tokens only 127.0.0.1 is served"
            )
        check_base_path(self.base_path)
        if (self.cert is None) != (self.key is None):
            raise UnderstudyError("--cert and --key belong together; give both")
        for path, name in ((self.tokens, "--tokens"), (self.cert, "--cert"), (self.key, "--key")):
            if path is not None and not path.is_file():
                raise UnderstudyError(f"{name} {path} is no file; look at the path")
        if self.spec.source and self.consent is None:
            raise UnderstudyError(
                "--source puts a person's face on others: give --i-have-consent if that person agreed"
            )


def parse_ice(text: str) -> IceServer:
    """`stun:host:port` or `turn:user:password@host:port`. Raises UnderstudyError."""
    kind, sep, rest = text.partition(":")
    if not sep or kind not in ("stun", "stuns", "turn", "turns") or not rest:
        raise UnderstudyError(f"--ice {text!r}: write stun:host:port or turn:user:password@host:port")
    login, at, place = rest.rpartition("@")
    if not at:
        return IceServer(text)
    user, _, password = login.partition(":")
    return IceServer(f"{kind}:{place}", user, password)
