"""How the softphone sets pjsua2 up. It fills pjsua2's records without importing pjsua2 (see quality.softphone)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from quality import phone_protocol as protocol
from quality.phone_process import PhoneSettings


def set_endpoint(config: Any, settings: PhoneSettings, *, most_calls: int) -> None:
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = most_calls
    config.uaConfig.userAgent = "hotline-softphone"
    config.medConfig.clockRate = 16_000 if settings.codecs[0] == "g722" else 8_000
    config.medConfig.noVad = True  # silence is sent too: a gap in RTP would look like one-way audio
    config.medConfig.sndAutoCloseTime = -1  # the null device is the clock of all media: it must never stop
    config.medConfig.ecTailLen = 0
    config.medConfig.txDropPct = settings.lose_sent_percent
    config.logConfig.consoleLevel = 0
    config.logConfig.level = 5 if settings.sip_log else 1
    if settings.sip_log:
        config.logConfig.filename = str(settings.sip_log)


def set_account(config: Any, spec: protocol.Register, settings: PhoneSettings) -> None:
    config.idUri = spec.uri
    config.regConfig.registrarUri = spec.registrar or ""
    config.regConfig.timeoutSec = spec.expires_s
    config.regConfig.retryIntervalSec = 5
    config.regConfig.firstRetryIntervalSec = 1
    config.natConfig.iceEnabled = False
    config.natConfig.contactRewriteUse = 0
    media = config.mediaConfig.transportConfig
    media.port = settings.rtp_first_port
    media.portRange = settings.rtp_last_port - settings.rtp_first_port
    media.randomizePort = True
    media.boundAddress = settings.address  # without it no RTCP is sent over loopback
    media.publicAddress = settings.address
    config.mediaConfig.lockCodecEnabled = False  # no second offer after each answer
    config.mediaConfig.srtpUse = 0


def add_headers(list_of: Any, new: Callable[[], Any], headers: Iterable[tuple[str, str]]) -> None:
    """Into pjsua2's list of them; `new` makes an empty one of its records."""
    for name, value in headers:
        header = new()
        header.hName, header.hValue = name, value
        list_of.append(header)
