"""Why a carrier over TLS cannot be reached, where its certificate is not even seen."""

from __future__ import annotations

from pathlib import Path

from sip_trunk.model import Host, Transport, Trunk
from telephony.trunk_tls import certificate_faults
from tests.certificates import Authority
from tests.ports import free_port


async def faults(transport: Transport, ca_file: Path, port: int = 5061) -> list[str]:
    trunk = Trunk("north", (Host("127.0.0.1", port),), transport=transport, ca_file=str(ca_file))
    return [each async for each in certificate_faults("north", trunk)]


async def test_what_is_no_certificate_is_said(tmp_path: Path) -> None:
    missing = await faults(Transport.TLS, tmp_path / "none.pem")
    assert missing == ["north: ca_file, certificate or key cannot be read: No such file or directory"]
    (tmp_path / "empty.pem").write_text("nothing\n")
    [wrong] = await faults(Transport.TLS, tmp_path / "empty.pem")
    assert wrong.startswith("north: ca_file, certificate or key cannot be read: ")


async def test_who_does_not_listen_is_said(tmp_path: Path) -> None:
    port, authority = free_port(), Authority(tmp_path, "ours")
    assert await faults(Transport.TLS, authority.file, port) == [f"north: TLS to 127.0.0.1:{port}: Connection refused"]


async def test_only_tls_has_certificates(tmp_path: Path) -> None:
    assert await faults(Transport.TCP, tmp_path / "none.pem") == []
