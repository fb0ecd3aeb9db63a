"""What trunks are called here, for figures by trunk: those of the settings and of the revisions in force."""

from __future__ import annotations

import structlog

from sip_trunk.errors import TrunkError
from sip_trunk.revisions import TrunkFolder
from sip_trunk.trunk_file import parse
from telephony.settings import Settings

log = structlog.get_logger()


def known_trunks(settings: Settings) -> tuple[str, ...]:
    """As their endpoints are named, in order; a file that cannot be read is left out, and the log says so."""
    names = {str(node.trunk) for node in settings.asterisk if node.trunk}
    for folder in {node.trunk_folder for node in settings.asterisk if node.trunk_folder}:
        trunks = TrunkFolder(folder)
        if not (now := trunks.current()):
            continue
        try:
            names |= set(parse(trunks.source(now), str(now)).trunks)
        except TrunkError as error:
            log.warning("trunks.not_named", revision=str(now), reason=str(error))
    return tuple(sorted(names))
