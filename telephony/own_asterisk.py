"""`hotline asterisk-config`: what an Asterisk of the operator's own needs to work with the hotline, as files to review.

The same templates as the demo's, without what is the machine's own (folders, modules, RTP ports, logs).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from telephony.asterisk.config import AgentPhone, NodeConfig, PeerNode, TrunkPeer, render
from telephony.settings import PHONE_URL, Settings

FILES = (
    "extensions.conf", "pjsip.conf", "manager.conf", "queues.conf", "cel.conf", "cel_custom.conf", "features.conf",
    "modules_hotline.conf",
)  # fmt: skip
PAGE_FILES = ("http.conf", "sorcery.conf")  # where pages have phones
SERVER = "server.toml"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the settings do not say of an Asterisk."""

    name: str
    folder: Path  # where the files are written
    trunks: tuple[TrunkPeer, ...]
    agents: tuple[str, ...]  # endpoints, as in the consultants' accounts
    sip_host: str = "0.0.0.0"  # noqa: S104 - carriers and phones come from outside
    sip_port: int = 5060
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    server: str = "127.0.0.1"  # where the hotline server logs in from
    peers: tuple[tuple[str, str, int], ...] = ()  # the other nodes: name, host, SIP port
    pages: PagePhones | None = None  # where the phones of pages connect, if they may
    secrets: Path | None = None  # what all nodes share; a file of this node's own where empty


@dataclass(frozen=True, slots=True)
class PagePhones:
    """`url` as browsers reach it, wss://sip.example.pl:8089/ws; the certificate is for that name, both as PEM."""

    url: str
    certificate: Path
    key: Path

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 443


class OwnAsteriskError(ValueError):
    """What was asked for cannot be written; the message says why."""


def trunk(text: str) -> TrunkPeer:
    """From `name=address` or `name=address=sip:host:port`. Errors: OwnAsteriskError."""
    name, match, contact = [*text.split("=", 2), "", ""][:3]
    if not name or not match:
        raise OwnAsteriskError(f"trunk {text!r} is not name=address or name=address=sip:host:port")
    return TrunkPeer(name, match, contact)


def pages(url: str, certificate: Path | None, key: Path | None) -> PagePhones | None:
    """None where no `url` is given. Errors: OwnAsteriskError."""
    if not url:
        return None
    if not PHONE_URL.fullmatch(url) or not url.startswith("wss:"):
        raise OwnAsteriskError(f"{url!r} is not wss://host:port/ws")
    if certificate is None or key is None:
        raise OwnAsteriskError("browsers reach the phones of pages over TLS alone: --pages-certificate and --pages-key")
    return PagePhones(url, certificate, key)


def peer(text: str) -> tuple[str, str, int]:
    """From `name=host:port`. Errors: OwnAsteriskError."""
    name, _, address = text.partition("=")
    host, _, port = address.rpartition(":")
    if not name or not host or not port.isdigit():
        raise OwnAsteriskError(f"peer {text!r} is not name=host:port")
    return name, host, int(port)


def write(settings: Settings, wanted: Wanted, templates: Path) -> list[str]:
    """Write the files, readable by their owner alone, and tell what remains to be done.

    Secrets of an earlier run are kept. Errors: AsteriskConfigError, OwnAsteriskError, OSError.
    """
    if not settings.numbers:
        raise OwnAsteriskError("the settings name no numbers: nothing could be called")
    wanted.folder.mkdir(parents=True, exist_ok=True)
    node = _node(settings, wanted, _kept_secrets(wanted.secrets or wanted.folder / "secrets.json", wanted.agents))
    # What is filled in for the machine's own files is not written.
    nowhere = Path("/nonexistent")
    texts = render(node, templates=templates, modules=nowhere, data=nowhere, run=nowhere, music=nowhere)
    texts["modules_hotline.conf"] = _harmful(texts["modules.conf"])
    files = (*FILES, *PAGE_FILES) if wanted.pages else FILES
    for name in files:
        _write(wanted.folder / name, texts[name])
    _write(wanted.folder / SERVER, _settings_of(node, wanted.pages))
    return [
        f"{len(files)} files of Asterisk and {SERVER} are in {wanted.folder}, readable by you alone.",
        f"1. Review them, and put the .conf files into /etc/asterisk; in asterisk.conf set `systemname = {node.name}`.",
        *(["   In rtp.conf set `icesupport = yes`: phones in pages need it."] if wanted.pages else []),
        "2. In modules.conf, below [modules], add `#include modules_hotline.conf`: what could write what others send.",
        "3. Enter the phones with the passwords that pjsip.conf has for them, and start Asterisk anew.",
        f"4. hotline doctor --config config/hotline.toml --config {wanted.folder / SERVER}",
        f"5. hotline serve  --config config/hotline.toml --config {wanted.folder / SERVER}",
    ]


def _node(settings: Settings, wanted: Wanted, kept: Mapping[str, str]) -> NodeConfig:
    return NodeConfig(
        name=wanted.name,
        folder=wanted.folder,
        sip_host=wanted.sip_host,
        sip_port=wanted.sip_port,
        ami_host=wanted.ami_host,
        ami_port=wanted.ami_port,
        manager_permit=wanted.server,
        rtp_ports=(10_000, 20_000),  # rtp.conf is the machine's own
        agi_servers=(str(settings.agi_listen),),
        manager_secret=kept["manager"],
        provision_secret=kept["provision"],
        probe_secret=kept["probe"],
        agents=tuple(AgentPhone(name, kept[f"sip-{name}"]) for name in wanted.agents),
        numbers={did: number.accessibility for did, number in settings.numbers.items()},
        trunks=wanted.trunks,
        peers=tuple(PeerNode(name, host, port, kept["peer"]) for name, host, port in wanted.peers),
        transfer_numbers=settings.transfer_numbers,
        phone_port=wanted.pages.port if wanted.pages else 0,
        phone_tls=(wanted.pages.certificate, wanted.pages.key) if wanted.pages else None,
    )


def _harmful(modules: str) -> str:
    """What the machine's own modules.conf must keep out: the first part of ours, up to what merely is not needed."""
    lines = modules.partition("[modules]\n")[2].partition("; What needs a configuration")[0].splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("autoload"))


def _settings_of(node: NodeConfig, pages: PagePhones | None) -> str:
    phones = f'phone_url = "{pages.url}"\n' if pages else ""
    return (
        f'[[asterisk]]\nname = "{node.name}"\nhost = "{node.ami_host}"\nami_port = {node.ami_port}\n'
        f'secret = "{node.manager_secret}"\n'
        f"{_trunk_out(node)}{phones}"
        "# For `hotline trunk apply` (docs/trunks.md), where this machine can write that folder:\n"
        f'# provision_secret = "{node.provision_secret}"\n# trunk_folder = "/etc/asterisk/trunks"\n'
        "# For test calls (docs/probes.md): where its SIP port is reached from this machine.\n"
        f'probe_sip = "{_sip_of(node)}"\nprobe_secret = "{node.probe_secret}"\n'
        "# Where this machine can read Asterisk's logs: calls served without us are recorded afterwards.\n"
        '# log_folder = "/var/log/asterisk"\n'
    )


def _sip_of(node: NodeConfig) -> str:
    """Asterisk listens everywhere or at one address."""
    return f"{node.ami_host if node.sip_host == '0.0.0.0' else node.sip_host}:{node.sip_port}"  # noqa: S104


def _trunk_out(node: NodeConfig) -> str:
    out = next((trunk.name for trunk in node.trunks if trunk.contact), None)
    return f'trunk = "{out}"  # by which customers are called back\n' if out else ""


def _kept_secrets(path: Path, agents: Sequence[str]) -> dict[str, str]:
    """Those of an earlier run, and new ones for whoever is new."""
    kept: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for name in ("manager", "provision", "probe", "peer", *(f"sip-{agent}" for agent in agents)):
        kept.setdefault(name, secrets.token_hex(16))
    _write(path, json.dumps(kept, indent=1))
    return kept


def _write(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
