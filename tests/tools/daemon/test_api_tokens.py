"""The daemon's tokens while it runs: ended, revoked, or in a file that others may read; each is refused at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.tools.daemon.client import Client, served
from tools.http.token_gate import TokenGate
from tools.http.tokens import Scope, Tokens, save


async def status(c: Client, token: str, path: str = "/jobs") -> int:
    return (await c.ask("GET", path, headers={"Authorization": f"Bearer {token}"}))[0]


def test_a_revoked_token_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    tokens, one, first = Tokens().issued([Scope.VIEW], None)
    tokens, _, second = tokens.issued([Scope.VIEW], None)
    save(tokens, file)

    async def main() -> None:
        async with served(tmp_path, TokenGate(file)) as c:
            assert await status(c, first) == await status(c, second) == 200
            save(tokens.revoked(one.id), file)
            assert (await status(c, first), await status(c, second)) == (401, 200)

    asyncio.run(main())


def test_a_file_that_others_may_read_opens_to_nobody(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    tokens, _, secret = Tokens().issued([Scope.ADMIN], None)
    save(tokens, file)

    async def main() -> None:
        async with served(tmp_path, TokenGate(file)) as c:
            assert await status(c, secret) == 200
            file.chmod(0o644)
            assert await status(c, secret) == 401
            file.chmod(0o600)
            assert await status(c, secret) == 200, "and again, once it is closed"

    asyncio.run(main())


def test_a_token_that_has_ended_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    until = datetime.now(UTC) + timedelta(days=1)
    tokens, _, secret = Tokens().issued([Scope.VIEW], until)
    save(tokens, file)
    times = [until - timedelta(seconds=1)]

    async def main() -> None:
        async with served(tmp_path, TokenGate(file, now=lambda: times[0])) as c:
            assert await status(c, secret) == 200
            times[0] = until
            assert await status(c, secret) == 401
            assert await status(c, secret, "/events") == 401

    asyncio.run(main())
