"""The flow language and its engine: a library that knows nothing of Asterisk or of the server."""

from ivr_flows.engine import resume, start
from ivr_flows.errors import FlowError, Place, SessionError
from ivr_flows.model import SHIPPED, Flow, load
from ivr_flows.session import (
    Action,
    Digits,
    EnterLine,
    Facts,
    Given,
    HangUp,
    HungUp,
    LineResult,
    Prompt,
    Say,
    Session,
    Step,
    TimedOut,
    Wait,
    WaitDigits,
    WaitLine,
)

__all__ = [
    "SHIPPED", "Action", "Digits", "EnterLine", "Facts", "Flow", "FlowError", "Given", "HangUp", "HungUp",
    "LineResult", "Place", "Prompt", "Say", "Session", "SessionError", "Step", "TimedOut", "Wait", "WaitDigits",
    "WaitLine", "load", "resume", "start",
]  # fmt: skip
