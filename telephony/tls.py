"""The certificate of the console: one that is given, or one made here for a demonstration or a house's own network.

TLS 1.2 or newer [RFC 9325 §3.1]; a certificate that was exchanged is taken up while the server runs.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from telephony.settings import Settings
from telephony.settings_types import Listen, SettingsError

log = structlog.get_logger()

VALID = timedelta(days=365)
RENEWED = timedelta(days=30)  # before it ends
LOOK_S = 5.0
CLOCKS_DIFFER = timedelta(hours=1)
COMMON_NAME_CHARACTERS = 64  # [RFC 5280 appendix A.1]

Marks = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two PEM files; `given` by the operator, or else made here, and known to nobody."""

    certificate: Path
    key: Path
    given: bool

    def marks(self) -> Marks:
        """What is different once a file was exchanged. Errors: OSError."""
        seen = (path.stat() for path in (self.certificate, self.key))
        return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in seen)


def pair_of(settings: Settings, now: datetime | None = None) -> Pair | None:
    """What the console is to be served with; None: plain HTTP, on a loopback address alone. Errors: SettingsError."""
    site, listen = settings.console, settings.console_listen
    if _everywhere(listen.host) and not site.origins:
        raise SettingsError(
            f"console_listen: {listen} is every address; `origins` in [console] has to say which people type, "
            "such as https://konsola.example.pl:8480"
        )
    if site.certificate and site.key:
        return Pair(site.certificate, site.key, given=True)
    if site.tls == "self-made":
        return _self_made(settings.data / "tls", _names(listen, site.origins), now or datetime.now(UTC))
    if is_loopback(listen.host):
        return None
    raise SettingsError(
        f"console_listen: {listen} can be reached from elsewhere, and passwords would travel in the clear: set "
        '`certificate` and `key` in [console], or `tls = "self-made"`, or listen on 127.0.0.1 behind a proxy'
    )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return host == ""


class Tls:
    """A pair as a server's context; `watch` takes up what was exchanged. Errors: SettingsError for one of no use."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._seen = self._marks()
        self._refused = False
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load()

    def _load(self) -> None:
        """Into a context of no consequence first: half a pair in the one in use would end every new connection."""
        for context in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), self.context):
            with _told_of(self._pair):  # an empty passphrase: asking for one would hold the server up for ever
                context.load_cert_chain(self._pair.certificate, self._pair.key, password="")

    def _marks(self) -> Marks:
        with _told_of(self._pair):
            return self._pair.marks()

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Take up another pair, if there is one; one of no use is told of once, and the former stays."""
        try:
            marks = self._marks()
            if marks == self._seen:
                return
            self._load()
        except SettingsError as error:
            if not self._refused:
                log.warning("console.certificate_refused", reason=str(error))
            self._refused = True
            return
        self._seen, self._refused = marks, False
        log.info("console.certificate_renewed", sha256=fingerprint(self._pair))


def fingerprint(pair: Pair) -> str:
    """SHA-256 of the certificate, as browsers show it. Errors: OSError, ValueError."""
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes()).fingerprint(hashes.SHA256()).hex(":").upper()


def ends_at(pair: Pair) -> datetime:
    """When the certificate ends. Errors: OSError, ValueError."""
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes()).not_valid_after_utc


@contextmanager
def _told_of(pair: Pair) -> Iterator[None]:
    """Errors: SettingsError, in place of OSError."""
    try:
        yield
    except ssl.SSLError as error:
        raise SettingsError(
            f"console.certificate: {pair.certificate} and {pair.key} are no pair of PEM files without a passphrase "
            f"({error.reason})"
        ) from None
    except OSError as error:
        raise SettingsError(
            f"console.certificate: {error.filename or pair.certificate} cannot be read: {error.strerror}"
        ) from None


# -- self-made ------------------------------------------------------------------------------------------------------


def _self_made(folder: Path, names: tuple[x509.GeneralName, ...], now: datetime) -> Pair:
    """The one of the last time, unless it ends soon or the names are others. Errors: SettingsError."""
    pair = Pair(folder / "certificate.pem", folder / "key.pem", given=False)
    try:
        if not _still_good(pair, names, now):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(pair, names, now)
        log.info("console.certificate", self_made=True, sha256=fingerprint(pair), file=str(pair.certificate))
    except OSError as error:
        raise SettingsError(f"console.tls: no certificate can be made in {folder}: {error.strerror}") from None
    return pair


def _still_good(pair: Pair, names: tuple[x509.GeneralName, ...], now: datetime) -> bool:
    try:
        known = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
        key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    except (FileNotFoundError, ValueError):
        return False
    same = set(known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value) == set(names)
    return same and key.public_key() == known.public_key() and known.not_valid_after_utc - now > RENEWED


def _make(pair: Pair, names: tuple[x509.GeneralName, ...], now: datetime) -> None:
    """Errors: OSError."""
    key = ec.generate_private_key(ec.SECP256R1())
    host = socket.gethostname()[:COMMON_NAME_CHARACTERS] or "hotline"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(server, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8, bare = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    _write(pair.key, key.private_bytes(pem, pkcs8, bare))
    _write(pair.certificate, certificate.public_bytes(pem))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for nobody else to read."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)


def _names(listen: Listen, origins: tuple[str, ...]) -> tuple[x509.GeneralName, ...]:
    """Whatever people may type: this machine's names and addresses, and the origins of the settings."""
    hosts = ["localhost", "127.0.0.1", "::1", socket.gethostname(), listen.host]
    hosts += [urlsplit(each).hostname or "" for each in origins]
    return tuple(_named(dict.fromkeys(host.lower() for host in hosts if host and not _everywhere(host))))


def _named(hosts: dict[str, None]) -> Iterator[x509.GeneralName]:
    for host in hosts:
        try:
            yield x509.IPAddress(ip_address(host))
        except ValueError:
            if host.isascii():
                yield x509.DNSName(host)
