"""Interaction ids: sortable by time, unguessable, the same on every node [RFC 9562 §5.7, UUID version 7]."""

from __future__ import annotations

import random
import re
import uuid

from telephony.core.ids import InteractionId

_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_interaction_id(now: float, rng: random.Random) -> InteractionId:
    """`now` in seconds since the epoch; 48 bits of milliseconds, then 74 random ones."""
    milliseconds = int(now * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | 0x7 << 76 | rng.getrandbits(12) << 64 | 0b10 << 62 | rng.getrandbits(62)
    return InteractionId(str(uuid.UUID(int=value)))


def is_interaction_id(text: str) -> bool:
    """Whether it is written as ours are, to the letter."""
    return _PATTERN.fullmatch(text) is not None
