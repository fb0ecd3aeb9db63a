"""The names of things, each with a type of its own so that none is taken for another."""

from __future__ import annotations

from typing import NewType

InteractionId = NewType("InteractionId", str)
AgentId = NewType("AgentId", str)
Uniqueid = NewType("Uniqueid", str)
QueueName = NewType("QueueName", str)
