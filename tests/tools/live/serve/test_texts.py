"""The page's words: each language has them all, none is unused, and an operator's file adds to them."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from stream.frame import Route
from stream.live.ladder import Rung
from tests.tools.live.serve.served import served
from tools.live.serve.texts import SHIPPED, read_texts

STATIC = SHIPPED.parent


def test_english_and_german_say_the_same_things() -> None:
    texts = read_texts(None)
    assert set(texts) == {"en", "de"} and set(texts["en"]) == set(texts["de"])
    for name, text in texts["en"].items():
        gaps = re.findall(r"\{\w+\}", text)
        assert sorted(gaps) == sorted(re.findall(r"\{\w+\}", texts["de"][name])), name
        assert text.strip() and texts["de"][name].strip()


def test_the_page_uses_all_of_them_and_no_other() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    code = page + "".join(path.read_text("utf-8") for path in STATIC.glob("*.js"))
    used = set(re.findall(r'data-(?:t|label)="(\w+)"', code)) | set(re.findall(r'(?:\bt|sayText|stop)\("(\w+)"', code))
    known = set(read_texts(None)["en"])
    assert used <= known
    spoken = set(re.findall(r'"(\w+)"', code))
    unused = {name for name in known - used - spoken if not name.startswith(("route_", "rung_"))}
    assert unused <= {"name", "title"}, unused
    html = re.sub(r"<title>.*?</title>|<h1>.*?</h1>|<kbd>.*?</kbd>|<[^>]*>", "", page)
    assert not re.findall(r"[A-Za-z]{3,}", html), "a text beside the file of texts"


def test_another_language_comes_from_a_file(tmp_path: Path) -> None:
    more = tmp_path / "more.json"
    more.write_text(json.dumps({"fr": {"name": "Français", "start": "Démarrer"}, "de": {"start": "Los"}}), "utf-8")

    async def main() -> None:
        async with served(texts=more) as (_, url, http), http.get(f"{url}/texts.json") as response:
            told = await response.json()
            assert told["fr"] == {"name": "Français", "start": "Démarrer"}
            assert told["de"]["start"] == "Los" and told["de"]["stop"] == "Stopp"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting"),
        ("[]", "attribute"),
        ('{"fr": {"start": 1}}', "no text"),
        ('{"fr": {"nonsense": "x"}}', "'nonsense'"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    more = tmp_path / "more.json"
    if text is not None:
        more.write_text(text, "utf-8")
    with pytest.raises(UnderstudyError, match=re.escape(f"--texts {more}")) as caught:
        read_texts(more)
    assert said in str(caught.value)


def test_the_first_paint_needs_less_than_sixty_kilobytes() -> None:
    page = [p for p in STATIC.iterdir() if p.is_file() and not p.name.startswith("view")]
    assert len(page) > 8 and sum(p.stat().st_size for p in page) < 60_000


def test_every_rung_and_route_has_its_words() -> None:
    known = set(read_texts(None)["en"])
    assert {name for name in known if name.startswith("rung_")} == {f"rung_{rung.name.lower()}" for rung in Rung}
    assert {name for name in known if name.startswith("route_")} == {f"route_{route}" for route in Route}
