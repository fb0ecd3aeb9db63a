"""Stretches of a call's time, beside its state: when the caller was on hold, and when nothing could be known of it.

Pure. A call has at most one stretch of ignorance open at a time, whatever its reasons; what was thought to be going on
(a hold) ends where ignorance begins, because nobody knows when it really did.
"""

from __future__ import annotations

from dataclasses import replace

from telephony.core.views import Span, SpanKind

MOST = 50  # of one call; whoever makes us blind again and again must not make its record grow

UNKNOWN = frozenset({SpanKind.LINK, SpanKind.DISTRUST, SpanKind.OVERFLOW, SpanKind.RESTART})
EVERY = frozenset(SpanKind)

# What opens and what closes each, for docs/states.md.
MEANING: dict[SpanKind, tuple[str, str]] = {
    SpanKind.HOLD: ("the agent's phone holds the caller", "it takes the caller back, or the talk ends"),
    SpanKind.LINK: ("the manager connection of the call's node went silent", "a whole snapshot"),
    SpanKind.DISTRUST: ("text that nobody but a forger writes stood among the events", "a whole snapshot"),
    SpanKind.OVERFLOW: ("there were more events than could be kept", "a whole snapshot"),
    SpanKind.RESTART: ("the server that led the call was last alive", "the next server's first whole snapshot"),
}


def opened(spans: tuple[Span, ...], kind: SpanKind, at: float) -> tuple[Span, ...]:
    """With a span of this kind under way from `at` on, or from where the last one ended, if that was later.

    Unchanged where one is under way, or where nothing is known anyway.
    """
    if any(span.to_at is None and (span.kind is kind or span.kind in UNKNOWN) for span in spans):
        return spans
    spans = closed(spans, EVERY, at)
    if len(spans) < MOST:
        return (*spans, Span(kind, max(at, spans[-1].to_at or at) if spans else at))
    return (*spans[:-1], replace(spans[-1], kind=_worse(spans[-1].kind, kind), to_at=None))


def closed(spans: tuple[Span, ...], kinds: frozenset[SpanKind], at: float) -> tuple[Span, ...]:
    """Whatever of these kinds is under way ends at `at`."""
    return tuple(
        replace(span, to_at=max(span.from_at, at)) if span.to_at is None and span.kind in kinds else span
        for span in spans
    )


def seconds(spans: tuple[Span, ...], kind: SpanKind) -> float:
    """How long, over all that have ended."""
    return sum(span.to_at - span.from_at for span in spans if span.kind is kind and span.to_at is not None)


def overlaps(span: Span, from_at: float, to_at: float) -> bool:
    """Whether any of the span lies between; one under way goes on."""
    return span.from_at < to_at and (span.to_at is None or span.to_at > from_at)


def _worse(one: SpanKind, other: SpanKind) -> SpanKind:
    """Of two kinds in one span: what is not known outweighs what was."""
    return other if one is SpanKind.HOLD else one
