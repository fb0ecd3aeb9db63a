"""The nodes where trunks are applied, and what is wanted there, from the settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sip_trunk import trunk_file
from sip_trunk.errors import TrunkError
from sip_trunk.revisions import Folder, TrunkFolder
from telephony.asterisk.ami_client import AmiSettings
from telephony.settings import AsteriskNode, Settings
from telephony.trunk_apply import TrunkNode, Wanted
from telephony.trunk_ssh import RemoteFolder, command


def nodes_of(nodes: Sequence[AsteriskNode]) -> tuple[TrunkNode, ...]:
    """In the order of the settings. Errors: TrunkError where one lacks what is needed."""
    if not nodes:
        raise TrunkError("no [[asterisk]] in the settings: at least one is needed (docs/trunks.md)")
    folders = [node.trunk_folder for node in nodes if node.trunk_folder]
    if len({folder.absolute() for folder in folders}) < len(folders):
        raise TrunkError("each [[asterisk]] needs a trunk_folder of its own: two name the same (docs/trunks.md)")
    return tuple(map(_node, nodes))


def _node(node: AsteriskNode) -> TrunkNode:
    folder = _folder(node)
    if node.provision_secret is None or folder is None:
        raise TrunkError(
            f"[[asterisk]] {node.name} needs provision_secret, and trunk_folder or trunk_ssh (docs/trunks.md)"
        )
    ami = AmiSettings(node.host, node.ami_port, "hotline-provision", node.provision_secret.get_secret_value())
    return TrunkNode(node.name, ami, folder)


def _folder(node: AsteriskNode) -> Folder | None:
    if node.trunk_ssh:
        return RemoteFolder(node.name, command(node.trunk_ssh))
    return TrunkFolder(node.trunk_folder) if node.trunk_folder else None


def wanted_of(text: str, file: str, settings: Settings) -> Wanted:
    """`text` is what stands in the file of that name. Errors: TrunkFileError, TrunkError for an absent secret."""
    plain = {name.upper(): secret.get_secret_value() for name, secret in settings.trunk_secrets.items()}
    return Wanted.of(trunk_file.parse(text, file), text, plain)


def chosen(nodes: Iterable[TrunkNode], name: str | None) -> tuple[TrunkNode, ...]:
    """That one, or all. Errors: TrunkError where there is none of that name."""
    found = tuple(node for node in nodes if name in {None, node.name})
    if not found:
        raise TrunkError(f"there is no [[asterisk]] {name} in the settings")
    return found
