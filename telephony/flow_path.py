"""Which file is meant by FLOW on the command line: a shipped flow's name, or a path."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def flow_path(flow: str) -> Path:
    """Raises FlowError for a bare name that is neither a shipped flow nor a file here."""
    from ivr_flows import SHIPPED, FlowError
    from ivr_flows.loading import flow_files

    if not _NAME.fullmatch(flow):
        return Path(flow)
    shipped = SHIPPED / f"{flow}.yaml"
    if shipped.is_file():
        return shipped
    if not Path(flow).exists():
        names = ", ".join(path.stem for path in flow_files(SHIPPED))
        raise FlowError(f"there is no flow `{flow}`; there are {names}, or give a file")
    return Path(flow)
