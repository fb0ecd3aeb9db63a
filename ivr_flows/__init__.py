"""The flow language and its engine: a library that knows nothing of Asterisk or of the server."""

from ivr_flows.engine import resume, start
from ivr_flows.errors import FlowError, Place, SessionError
from ivr_flows.loading import SHIPPED, FlowSet, Known, load, load_set
from ivr_flows.lookups import Identity
from ivr_flows.model import Flow
from ivr_flows.session import (
    Action,
    AnswerAppointment,
    CheckIdentity,
    Digits,
    Ending,
    EnterLine,
    Facts,
    FindOutages,
    Given,
    HangUp,
    HearEcho,
    HungUp,
    KeepAnswer,
    LineResult,
    LookUp,
    OpenComplaint,
    PauseRecording,
    Prompt,
    Question,
    RequestCallBack,
    Result,
    ResumeRecording,
    Say,
    Session,
    StartRecording,
    Status,
    Step,
    TakeVoicemail,
    TimedOut,
    Transfer,
    Wait,
    WaitDigits,
    WaitLine,
    WaitResult,
)

__all__ = [
    "SHIPPED", "Action", "AnswerAppointment",
    "CheckIdentity", "Digits", "Ending", "EnterLine", "Facts", "FindOutages", "Flow", "FlowError",
    "FlowSet", "Given", "HangUp", "HearEcho", "HungUp", "Identity", "KeepAnswer", "Known", "LineResult", "LookUp",
    "OpenComplaint", "PauseRecording", "Place", "Prompt", "Question", "RequestCallBack", "Result", "ResumeRecording",
    "Say", "Session", "SessionError", "StartRecording", "Status", "Step", "TakeVoicemail", "TimedOut", "Transfer",
    "Wait", "WaitDigits", "WaitLine", "WaitResult", "load", "load_set", "resume", "start",
]  # fmt: skip
