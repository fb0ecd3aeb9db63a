"""The twin in memory of what the knowledge base asks: the same answers, without an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from telephony.store.connection import Row

Values = dict[str, Any]

_WEIGHTS = {"title_stems": 1.0, "keyword_stems": 0.4, "body_stems": 0.1}  # those of ts_rank


class ArticleTwin:
    """One method per named query."""

    def __init__(self) -> None:
        super().__init__()
        self.articles: dict[str, Values] = {}
        self.article_used: dict[tuple[str, str, str, str], Values] = {}

    def article_revisions(self) -> Iterable[Row]:
        return list(self.articles.values())

    def remove_article(self, id: str) -> None:  # noqa: A002 - the column's name
        self.articles.pop(id, None)

    def keep_article(self, **article: Any) -> None:
        self.articles[article["id"]] = article

    def article(self, id: str) -> Iterable[Row]:  # noqa: A002 - the column's name
        return filter(None, [self.articles.get(id)])

    def search_articles(self, wanted: str, queue: str, most: int) -> Iterable[Row]:
        every = " & " in wanted
        groups = [group.strip("()").split(" | ") for group in wanted.split(" & " if every else ") | (")]
        ranked = []
        for each in self.articles.values():
            marks = [max(_mark(each, form) for form in forms) for forms in groups]
            if all(marks) if every else any(marks):
                ranked.append((-sum(marks) * (1.5 if queue in each["queues"] else 1.0), each["id"], each))
        return [each for _, _, each in sorted(ranked, key=lambda rank: rank[:2])[:most]]

    def suggested_articles(self, path: Sequence[str], queue: str, most: int) -> Iterable[Row]:
        def place(article: Values) -> int:
            return max((path.index(node) for node in article["nodes"] if node in path), default=-1)

        found = [each for each in self.articles.values() if place(each) >= 0 or queue in each["queues"]]
        return sorted(found, key=lambda each: (-place(each), queue not in each["queues"], each["id"]))[:most]

    def record_article_use(self, **used: Any) -> None:
        self.article_used[used["article"], used["agent"], used["interaction"], used["use"]] = used

    def article_uses(self, since: float) -> Iterable[Row]:
        found = Counter((each["article"], each["use"]) for each in self.article_used.values() if each["at"] >= since)
        return [{"article": article, "use": use, "calls": calls} for (article, use), calls in sorted(found.items())]


def _mark(article: Values, form: str) -> float:
    begun = form.removesuffix(":*")
    return max(
        (
            weight
            for name, weight in _WEIGHTS.items()
            for word in article[name].split()
            if word == begun or (begun != form and word.startswith(begun))
        ),
        default=0.0,
    )
