"""What the store says when it cannot do its work."""

from __future__ import annotations


class StoreError(Exception):
    """The database misbehaved or is away; the message says what to do. What was asked for was not done."""


class StoreRefusedError(StoreError):
    """The database is there and will not take this, now or later: a bug of ours, or a hostile value."""
