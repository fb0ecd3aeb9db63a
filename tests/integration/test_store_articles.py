"""Search and suggestions, held by PostgreSQL and by the twin in memory alike; the shipped articles are found by what
people type.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from telephony.core.article import Article, ArticleUse, Use
from telephony.core.ids import AgentId, InteractionId
from telephony.guidance import article_file
from telephony.knowledge import Knowledge, forms, index
from telephony.shipped import CONFIG_FOLDER
from telephony.store.memory import Memory
from telephony.store.store import Store

FOLDER = CONFIG_FOLDER / "articles"


@pytest_asyncio.fixture(params=["postgres", "memory"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(database_url) if request.param == "postgres" else Store(Memory())
    yield opened
    await opened.close()


def article(name: str, title: str, body: str = "x", queue: str = "support", nodes: tuple[str, ...] = ()) -> Article:
    return Article(name, title, "pl", (queue,), nodes, (), body)


async def ids(store: Store, *said: str, queue: str = "", most: int = 8) -> list[str]:
    return [each.id for each in await store.articles.search(forms(said), queue, most)]


async def test_the_title_counts_for_more_than_the_text_and_every_word_for_more_than_some(store: Store) -> None:
    articles = [
        article("text", "Inne", "faktura i korekta"),
        article("title", "Korekta faktury"),
        article("half", "Faktura"),
        article("none", "Umowa"),
    ]
    await store.articles.replace_all(map(index, articles))
    assert await ids(store, "korekty", "faktur") == ["title", "text", "half"]
    assert await ids(store, "korekty", "faktur", most=1) == ["title"]
    assert await ids(store, "umo") == ["none"], "a beginning of the last word"
    assert await ids(store, "samolot") == []
    assert await ids(store) == []


async def test_the_callers_queue_counts_for_more(store: Store) -> None:
    await store.articles.replace_all(
        [index(article("a", "Reklamacja")), index(article("b", "Reklamacja", queue="billing"))]
    )
    assert await ids(store, "reklamacja", queue="billing") == ["b", "a"]
    assert await ids(store, "reklamacja", queue="support") == ["a", "b"]


async def test_what_belongs_to_the_last_place_of_the_menu_is_suggested_first(store: Store) -> None:
    articles = [
        article("queue", "A"),
        article("menu", "B", nodes=("support.menu",), queue="billing"),
        article("leaf", "C", nodes=("support.menu", "support.internet"), queue="billing"),
        article("other", "D", queue="billing"),
    ]
    await store.articles.replace_all(map(index, articles))
    path = ("general.departments", "support.menu", "support.internet")
    assert [each.id for each in await store.articles.suggested(path, "support", 8)] == ["leaf", "menu", "queue"]
    assert [each.id for each in await store.articles.suggested((), "support", 8)] == ["queue"]


async def test_only_what_has_changed_is_written_and_what_has_gone_is_removed(store: Store) -> None:
    first, second = article("a", "Faktura"), article("b", "Umowa")
    assert await store.articles.replace_all([index(first), index(second)]) == 2
    assert await store.articles.replace_all([index(first), index(second)]) == 0
    assert await store.articles.replace_all([index(article("a", "Rachunek"))]) == 2
    assert (await ids(store, "rachunek"), await ids(store, "umowa"), await ids(store, "faktura")) == (["a"], [], [])
    assert await store.articles.get("a") == article("a", "Rachunek")
    assert await store.articles.get("b") is None


async def test_what_an_article_was_good_for_is_counted_once_for_each_call(store: Store) -> None:
    used = ArticleUse("a", AgentId("anna"), InteractionId("i1"), Use.OPENED, 5.0)
    for use in (used, used, ArticleUse("a", AgentId("anna"), InteractionId("i2"), Use.OPENED, 6.0)):
        await store.articles.record_use(use)
    await store.articles.record_use(ArticleUse("a", AgentId("anna"), InteractionId("i1"), Use.DID_NOT_HELP, 1.0))
    assert await store.articles.uses(2.0) == {("a", "opened"): 2}
    assert await store.articles.uses(0.0) == {("a", "opened"): 2, ("a", "did_not_help"): 1}


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("nie działa internet", "brak-internetu"),
        ("wolny internet predkosc", "wolny-internet"),
        ("slabe wifi", "slabe-wifi"),
        ("zasieg wi-fi w mieszkaniu", "slabe-wifi"),
        ("brak obrazu na dekoderze", "dekoder-brak-obrazu"),
        ("klient nie slyszy", "rozmowa-z-osoba-nieslyszaca"),
        ("czemu faktura wyzsza", "faktura-wyzsza"),
        ("rozłożyć na raty", "raty-i-odroczenie"),
        ("przyjecie reklamacji", "reklamacja"),
        ("przeprowadzk", "przeniesienie-uslug"),
        ("trzaski w telefonie", "zla-jakosc-rozmow"),
        ("duzy druk", "pismo-duzym-drukiem"),
    ],
)
async def test_the_shipped_articles_are_found_by_what_people_type(database_url: str, typed: str, first: str) -> None:
    store = await Store.open(database_url)
    await store.articles.replace_all(map(index, article_file.load_all(FOLDER)))
    found = await Knowledge(FOLDER, store.articles).search(typed, "")
    await store.close()
    assert first in [each.id for each in found][:2]


@pytest.mark.parametrize(
    "typed", ["' OR 1=1 --", "a & | ! ( )", ":*", "\\", "!!", "<b>", "a:*b", "ż" * 200, "1e5 0x10"]
)
async def test_whatever_is_typed_is_only_words(store: Store, typed: str) -> None:
    await store.articles.replace_all([index(article("a", "Faktura"))])
    assert isinstance(await Knowledge(FOLDER, store.articles).search(typed, ""), tuple)
