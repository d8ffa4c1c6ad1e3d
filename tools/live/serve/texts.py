"""Texts: the page's words in each language, those that ship and those that an operator brings."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from engines.errors import UnderstudyError

SHIPPED = Path(__file__).parent / "static" / "texts.json"
LARGEST = 1 << 20  # bytes of an operator's file
Texts = dict[str, dict[str, str]]


def read_texts(more: Path | None) -> Texts:
    """By language, each by name. more: a file of the same shape, `{"fr": {"name": "Français", "start": ...}}`; what it
    leaves out is shown in English, and what it has takes the place of what ships. Raises UnderstudyError."""
    texts: Texts = json.loads(SHIPPED.read_text("utf-8"))
    if more is None:
        return texts
    try:
        if more.stat().st_size > LARGEST:
            raise ValueError("it is larger than a megabyte")
        told = json.loads(more.read_text("utf-8"))
        for language, words in told.items():
            if not all(isinstance(text, str) for text in words.values()):
                raise ValueError(f"{language} holds something that is no text")
            if unknown := [name for name in words if name not in texts["en"]]:
                raise ValueError(f"{language} names {unknown[0]!r}, which is no text of the page")
            texts[language] = texts.get(language, {}) | words
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise UnderstudyError(f"--texts {more}: {error}; write a language's code with its texts by name") from error
    return texts


def texts_handler(more: Path | None) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Raises UnderstudyError."""
    body = json.dumps(read_texts(more), ensure_ascii=False, separators=(",", ":")).encode()

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    return handler
