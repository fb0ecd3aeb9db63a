"""Calls as CloudEvents 1.0 in JSON, signed as Standard Webhooks has it (HMAC-SHA256 over id, time and body)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from telephony.core.views import CallView

PREFIX = "whsec_"
TYPE = "pl.marsoft.hotline.call."


def cloud_event(name: str, id_: str, source: str, at: float, data: Mapping[str, object], kind: str = TYPE) -> str:
    """`name`: offered, answered, ended; `kind` is what it belongs to. [CloudEvents 1.0, JSON format]"""
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": source,
        "type": kind + name,
        "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def data_of(call: CallView) -> dict[str, object]:
    """What a receiver needs to show or to file a call; times in seconds since the epoch."""
    return {
        "interaction_id": call.interaction,
        "direction": call.direction,
        "caller_e164": call.caller,
        "called_e164": call.did,
        "queue": call.queue,
        "priority": call.lane,
        "agent": call.agent,
        "arrived_at": call.arrived_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "outcome": call.outcome,
    }


def headers(secret: str, id_: str, body: str, at: float) -> dict[str, str]:
    """What proves that a body is ours, and not an old one. Errors: ValueError for a secret that is none."""
    seconds = str(int(at))
    signed = hmac.new(key_of(secret), f"{id_}.{seconds}.{body}".encode(), hashlib.sha256).digest()
    return {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "webhook-id": id_,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def key_of(secret: str) -> bytes:
    """The key in `whsec_…`. Errors: ValueError, without the secret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError(f"a webhook's secret is {PREFIX} and base64") from None
    if not 24 <= len(key) <= 64:
        raise ValueError("a webhook's secret has 24 to 64 bytes [Standard Webhooks]")
    return key
