"""What callers hear, for those who watch the house: each flow's picture with the number of callers at every node now.

The same figures stand in a table beside the picture [WCAG 2.2 §1.1.1]. Pages ask for them every 2 s with the tag of
what they have (If-None-Match [RFC 9110 §13.1.2]), and mostly hear that nothing has changed: the consultants' WebSocket
would sign its watcher in to take calls.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from html import escape

from aiohttp import web

from ivr_flows import Flow
from ivr_flows.nodes import SubFlowNode
from ivr_flows.picture import Box, TangledError, View, style, svg, view
from ivr_flows.picture import Language as Drawn
from telephony.console.look import looked_at
from telephony.console.texts import Language, PageTemplate, texts

# `(flow, its revision)` → node → callers; revisions that no new call follows are among them.
Callers = Callable[[], Mapping[tuple[str, str], Mapping[str, int]]]

DRAWN = 64  # pictures kept


@dataclass(frozen=True, slots=True)
class Served:
    """What calls that begin now get; `problem` is why something newer is not served, in words."""

    flows: tuple[Flow, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One flow by its name, with every revision of it that new calls follow: by itself, or as a sub-flow of others."""

    flow: Flow
    revisions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a page shows; `earlier` callers follow a revision that is not `revision` any more."""

    revision: str
    problem: str
    total: int
    earlier: int
    counts: Mapping[str, int]  # by node, or by flow; without those that are 0


class FlowPages:
    def __init__(self, served: Callable[[], Served], callers: Callers) -> None:
        self._served = served
        self._callers = callers
        self._list_page = PageTemplate("flows.html")
        self._flow_page = PageTemplate("flow.html")
        self._drawn: OrderedDict[tuple[str, str, Language], str] = OrderedDict()

    def routes(self) -> Mapping[str, Callable[[web.Request], Awaitable[web.StreamResponse]]]:
        """What is answered where; all of it for signed-in staff only."""
        return {
            "/flows": self._list,
            "/flows/callers.json": self._list_callers,
            "/flows/picture.css": self._style,
            "/flows/{name}": self._flow,
            "/flows/{name}/callers.json": self._flow_callers,
        }

    # -- pages --------------------------------------------------------------------------------------------------

    async def _list(self, request: web.Request) -> web.Response:
        seen = looked_at(request)
        shown, counts = self._shown(), self._list_counts()
        rows = "".join(_flow_row(each.flow, counts.counts.get(name, 0)) for name, each in shown.items())
        values = {"rows": rows, "revision": counts.revision, **_problem(counts.problem)}
        return _html(self._list_page.page(seen.language, values | seen.frame("/flows")))

    async def _flow(self, request: web.Request) -> web.Response:
        seen, shown = looked_at(request), self._named(request)
        counts = self._flow_counts(shown)
        values = {
            "name": escape(shown.flow.id),
            "revision": escape(shown.flow.revision),
            "short_revision": escape(shown.flow.revision[:8]),
            "total": str(counts.total),
            "picture": await self._picture(shown.flow, seen.language),
            "rows": "".join(_node_rows(shown.flow, view(shown.flow, Drawn(seen.language)), counts.counts)),
            **_problem(counts.problem),
            **seen.frame(f"/flows/{shown.flow.id}"),
        }
        return _html(self._flow_page.page(seen.language, values))

    async def _style(self, request: web.Request) -> web.Response:
        return web.Response(text=style(looked_at(request).theme), content_type="text/css", charset="utf-8")

    async def _picture(self, flow: Flow, language: Language) -> str:
        """Drawn once for each revision, in a thread: a large flow takes a while, and callers do not wait for it."""
        key = (flow.id, flow.revision, language)
        if key not in self._drawn:
            try:
                self._drawn[key] = await asyncio.to_thread(svg, flow, Drawn(language), within_page=True)
            except TangledError:
                self._drawn[key] = f"<p>{escape(texts(language)['flows.too_tangled'])}</p>"
            while len(self._drawn) > DRAWN:
                self._drawn.popitem(last=False)
        return self._drawn[key]

    # -- figures ------------------------------------------------------------------------------------------------

    async def _list_callers(self, request: web.Request) -> web.Response:
        return _figures(request, self._list_counts())

    async def _flow_callers(self, request: web.Request) -> web.Response:
        return _figures(request, self._flow_counts(self._named(request)))

    def _named(self, request: web.Request) -> Shown:
        shown = self._shown().get(request.match_info["name"])
        if shown is None:
            raise web.HTTPNotFound(text=texts(looked_at(request).language)["flows.unknown"])
        return shown

    def _shown(self) -> dict[str, Shown]:
        """Every flow a new call can come to, by name; as it is by itself where it is both that and a sub-flow."""
        found: dict[str, list[Flow]] = {}
        flows = self._served().flows
        for each in (*flows, *(sub for flow in flows for sub in flow.subs.values())):
            found.setdefault(each.id, []).append(each)
        return {name: Shown(found[name][0], frozenset(each.revision for each in found[name])) for name in sorted(found)}

    def _flow_counts(self, shown: Shown) -> Counts:
        counts: dict[str, int] = {}
        earlier = 0
        for (name, revision), nodes in self._callers().items():
            if name == shown.flow.id and revision in shown.revisions:
                for node, callers in nodes.items():
                    counts[node] = counts.get(node, 0) + callers
            elif name == shown.flow.id:
                earlier += sum(nodes.values())
        return Counts(shown.flow.revision, self._served().problem, sum(counts.values()) + earlier, earlier, counts)

    def _list_counts(self) -> Counts:
        shown = self._shown()
        counts: dict[str, int] = {}
        for (name, _), nodes in self._callers().items():
            counts[name] = counts.get(name, 0) + sum(nodes.values())
        revisions = "".join(f"{name} {each.flow.revision}\n" for name, each in shown.items())
        return Counts(_tag(revisions), self._served().problem, sum(counts.values()), 0, counts)


def _figures(request: web.Request, counts: Counts) -> web.Response:
    text = json.dumps(asdict(counts), ensure_ascii=False, sort_keys=True)
    headers = {"ETag": f'"{_tag(text)}"'}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    return web.json_response(text=text, headers=headers)


def _tag(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _problem(problem: str) -> dict[str, str]:
    """For the notice of a page."""
    return {"problem": escape(problem), "no_problem": "" if problem else "hidden"}


# -- rows -----------------------------------------------------------------------------------------------------------


def _flow_row(flow: Flow, callers: int) -> str:
    name = escape(flow.id)
    link = f'<a href="/flows/{name}">{name}</a>'
    return f'<tr data-row="{name}"><th scope="row">{link}</th><td>{len(flow.nodes)}</td>{_count(callers)}</tr>\n'


def _node_rows(flow: Flow, seen: View, counts: Mapping[str, int]) -> Iterator[str]:
    """What the picture shows, in words."""
    for box in seen.boxes:
        if box.id:
            ways = [_way(arrow.target, arrow.labels) for arrow in seen.arrows if arrow.source == box.id]
            ways += [_way(flow.person, (box.person,))] if box.person else []
            cells = (_about(flow, box), escape(box.said), "<br>".join(ways))
            texts = "".join(f'<td dir="auto">{cell}</td>' for cell in cells)
            name = escape(box.id)
            shown = name.replace("_", "_<wbr>")
            yield f'<tr data-row="{name}"><th scope="row">{shown}</th>{_count(counts.get(box.id, 0))}{texts}</tr>\n'


def _about(flow: Flow, box: Box) -> str:
    node = flow.nodes[box.id]
    if isinstance(node, SubFlowNode):
        return f'{escape(box.type)} <a href="/flows/{escape(node.flow)}">{escape(node.flow)}</a>'
    return escape("; ".join((box.type, *box.details)))


def _way(target: str, labels: Iterable[str]) -> str:
    words = ", ".join(labels)
    return escape(f"{words} → {target}" if words else f"→ {target}")


def _count(callers: int) -> str:
    return f'<td class="count-cell" data-callers="{callers}">{callers}</td>'


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8")
