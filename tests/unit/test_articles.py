"""Articles: files with a front matter, their text in plain parts, what is found in them and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ivr_flows.errors import FlowError
from telephony.core.article import Article, Block, BlockKind, Part
from telephony.guidance import article_file, markdown
from telephony.guidance.snippet import WORDS, Asked, snippet
from telephony.knowledge import Knowledge
from telephony.store.memory import Memory
from telephony.store.store import Store

HOSTILE = "<img src=x onerror=alert(1)>"
TEXT = f"""---
title: Brak internetu
queues: [support]
nodes: [support.internet]
keywords: [światłowód]
---
Pierwszy akapit
w dwóch wierszach.

## Kroki
1. Sprawdź **diodę** routera.
2. Zobacz [Wi-Fi](slabe-wifi).
- {HOSTILE}
"""


def test_an_article_is_read_with_its_front_matter() -> None:
    article = article_file.parse("brak-internetu.md", TEXT)
    assert (article.id, article.title, article.language) == ("brak-internetu", "Brak internetu", "pl")
    assert (article.queues, article.nodes, article.keywords) == (("support",), ("support.internet",), ("światłowód",))
    assert article.body.startswith("Pierwszy akapit")


def test_its_text_comes_in_parts_and_markup_stays_the_text_it_is() -> None:
    body = article_file.parse("a.md", TEXT).body
    assert markdown.blocks(body) == (
        Block(BlockKind.PARAGRAPH, (Part("Pierwszy akapit w dwóch wierszach."),)),
        Block(BlockKind.HEADING, (Part("Kroki"),)),
        Block(BlockKind.STEP, (Part("Sprawdź "), Part("diodę", strong=True), Part(" routera."))),
        Block(BlockKind.STEP, (Part("Zobacz "), Part("Wi-Fi", article="slabe-wifi"), Part("."))),
        Block(BlockKind.BULLET, (Part(HOSTILE),)),
    )
    assert markdown.links(body) == {"slabe-wifi"}


@pytest.mark.parametrize(
    "link", ["[x](javascript:alert(1))", "[x](https://evil.example)", "![x](a.png)", "[x](../etc)"]
)
def test_links_lead_to_articles_only(link: str) -> None:
    assert markdown.links(link) == frozenset()
    assert markdown.plain(link) == link


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Tekst", "a.md:1:1: an article begins with its front matter"),
        ("---\ntitle: x\n", "a.md:1:1: an article begins with its front matter"),
        ("---\ntitle: x\n---\n\n", "a.md:3:1: there is nothing below the front matter"),
        ("---\ntitel: x\n---\na", "a.md:2:1: title: Field required"),
        ("---\ntitle: x\nqueue: [a]\n---\na", "a.md:3:1: queue: Extra inputs are not permitted"),
        ("---\ntitle: x\nnodes: [internet]\n---\na", "a.md:3:9: nodes.0: String should match pattern"),
        ("---\ntitle: [x\n---\na", "a.md:3:1: not valid YAML"),
        ("---\ntitle: x\nlanguage: klingon\n---\na", "a.md:3:11: language: "),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(FlowError) as caught:
        article_file.parse("a.md", text)
    assert str(caught.value).startswith(complaint)


def test_queues_nodes_and_articles_that_do_not_exist_are_found() -> None:
    article = article_file.parse("a.md", TEXT)
    assert article_file.findings([article], {"sales"}, {"support.menu"}) == [
        "a.md: there is no queue `support`",
        "a.md: there is no node `support.internet` in the flows",
        "a.md: there is no article `slabe-wifi`",
    ]


def test_a_snippet_shows_the_densest_place_with_its_words_marked() -> None:
    text = f"{'słowo ' * 60}Dioda routera mruga, router odłączyć. {'koniec ' * 60}"
    parts = snippet(text, Asked(["router"]))
    assert [part.text for part in parts if part.strong] == ["routera", "router"]
    assert (parts[0].text, parts[-1].text) == ("… ", " …")
    assert sum(len(part.text.split()) for part in parts) <= WORDS + 2


def test_the_last_word_is_marked_by_its_beginning_and_small_words_are_not() -> None:
    parts = snippet("Faktura i światłowód na osiedlu", Asked(["na", "swiat"]))
    assert [part.text for part in parts if part.strong] == ["światłowód"]
    assert all(not part.strong for part in snippet("Faktura", Asked([])))


def article(name: str, title: str, body: str, *, queue: str = "support", nodes: Sequence[str] = ()) -> Article:
    return Article(name, title, "pl", (queue,), tuple(nodes), (), body)


def written(folder: Path, name: str, title: str, body: str) -> None:
    (folder / f"{name}.md").write_text(f"---\ntitle: {title}\n---\n{body}\n", "utf-8")


async def test_the_folder_is_taken_in_when_it_changes_and_stays_as_it_was_when_it_is_wrong(tmp_path: Path) -> None:
    knowledge = Knowledge(tmp_path, Store(Memory()).articles)
    written(tmp_path, "faktura", "Faktura", "Pozycje na fakturze.")
    await knowledge.look()
    assert [each.id for each in await knowledge.search("faktury", "")] == ["faktura"]
    (tmp_path / "zle.md").write_text("bez nagłówka", "utf-8")
    await knowledge.look()
    assert knowledge.problem.startswith("zle.md:1:1: ")
    assert [each.id for each in await knowledge.search("faktury", "")] == ["faktura"]
    (tmp_path / "zle.md").unlink()
    written(tmp_path, "umowa", "Umowa", "Zmiana umowy.")
    (tmp_path / "faktura.md").unlink()
    await knowledge.look()
    assert knowledge.problem == ""
    assert await knowledge.search("faktury", "") == ()
    assert [each.id for each in await knowledge.search("umow", "")] == ["umowa"]


async def test_a_folder_that_is_away_takes_no_article_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    knowledge = Knowledge(folder, Store(Memory()).articles)
    written(folder, "faktura", "Faktura", "Pozycje na fakturze.")
    await knowledge.look()
    folder.rename(tmp_path / "away")
    await knowledge.look()
    assert knowledge.problem == f"{folder}: there is no such folder"
    assert [each.id for each in await knowledge.search("faktury", "")] == ["faktura"]
    (tmp_path / "away").rename(folder)
    await knowledge.look()
    assert knowledge.problem == ""
