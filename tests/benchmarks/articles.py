"""The knowledge base's search: how long a question takes among many articles in the embedded PostgreSQL.

`python -m tests.benchmarks.articles [articles]` makes articles of words out of the shipped ones (so
that every stem is a common one: a bad case), takes them in, and prints the times of questions of one to four words,
whole and half typed.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from telephony.core.article import Article
from telephony.guidance import article_file
from telephony.knowledge import Knowledge, index
from telephony.shipped import CONFIG_FOLDER
from telephony.store.embedded import EmbeddedPostgres
from telephony.store.store import Store
from tests.ports import free_port

ARTICLES, QUESTIONS, BODY_WORDS = 5_000, 300, 200
FOLDER = CONFIG_FOLDER / "articles"


def made(count: int, rng: random.Random) -> list[Article]:
    """Words as they stand in the shipped articles, in any order, after those themselves."""
    shipped = article_file.load_all(FOLDER)
    words = [word for each in shipped for word in each.body.split()]
    more = (
        Article(
            f"made-{place}", " ".join(rng.choices(words, k=5)), "pl", ("support",), (), tuple(rng.choices(words, k=4)),
            " ".join(rng.choices(words, k=BODY_WORDS)),
        )
        for place in range(count - len(shipped))
    )  # fmt: skip
    return [*shipped, *more]


async def measure(store: Store, count: int) -> None:
    rng = random.Random(1)
    articles = made(count, rng)
    began = time.perf_counter()
    indexed = [index(each) for each in articles]
    stemmed = time.perf_counter()
    await store.articles.replace_all(indexed)
    print(f"{count} articles: stemmed in {stemmed - began:.1f} s, written in {time.perf_counter() - stemmed:.1f} s")
    began = time.perf_counter()
    await store.articles.replace_all(indexed)
    print(f"looked at again, nothing new: {time.perf_counter() - began:.2f} s")
    knowledge = Knowledge(FOLDER, store.articles)
    words = [word.strip(".,:;()*") for each in articles[:12] for word in each.body.split() if len(word) > 4]
    for many in (1, 2, 4):
        for typed in ("whole", "half"):
            times = []
            for _ in range(QUESTIONS):
                asked = rng.choices(words, k=many)
                asked[-1] = asked[-1] if typed == "whole" else asked[-1][: max(3, len(asked[-1]) // 2)]
                began = time.perf_counter()
                await knowledge.search(" ".join(asked), "support")
                times.append((time.perf_counter() - began) * 1000)
            told = statistics.quantiles(times, n=100)
            print(f"{many} words, the last one {typed}: median {told[49]:.1f} ms, 99 % {told[98]:.1f} ms")


async def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres", free_port())
        await postgres.start()
        store = await Store.open(postgres.dsn)
        try:
            await measure(store, count)
        finally:
            await store.close()
            await postgres.stop()


if __name__ == "__main__":
    asyncio.run(main())
