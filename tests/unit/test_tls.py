"""The console's certificate: which one, when plain HTTP is refused, and what is taken up while the server runs."""

from __future__ import annotations

import shutil
import socket
import ssl
import stat
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from structlog.testing import capture_logs

from telephony.console_rules import console_rules
from telephony.doctor.certificate import certificate
from telephony.doctor.finding import Standing
from telephony.settings import Settings
from telephony.settings_types import Listen, SettingsError
from telephony.site_settings import Site
from telephony.tls import Pair, Tls, ends_at, fingerprint, pair_of

OUTSIDE = Listen("192.0.2.7", 8480)
NOW = datetime.now(UTC)
EVERYWHERE = Listen("0.0.0.0", 8480)
ORIGIN = "https://konsola.example.pl:8480"


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTLINE_DATA", raising=False)  # the environment would win


def settings(data: Path, listen: Listen = OUTSIDE, **site: object) -> Settings:
    return Settings(data=data, console_listen=listen, console=Site.model_validate(site))


def made(data: Path, now: datetime = NOW, **site: object) -> Pair:
    pair = pair_of(settings(data, OUTSIDE, tls="self-made", **site), now)
    assert pair
    return pair


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_without_a_certificate_the_console_is_for_this_machine_alone(tmp_path: Path, host: str) -> None:
    assert pair_of(settings(tmp_path, Listen(host, 8480))) is None


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::1", "konsola.example.pl"])
def test_in_the_clear_it_is_not_served_to_others(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="passwords would travel in the clear"):
        pair_of(settings(tmp_path, Listen(host, 8480)))


def test_who_listens_everywhere_says_what_people_type(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="`origins` in \\[console\\] has to say"):
        pair_of(settings(tmp_path, EVERYWHERE, tls="self-made"))
    assert pair_of(settings(tmp_path, EVERYWHERE, tls="self-made", origins=(ORIGIN,)))


@pytest.mark.parametrize(
    ("site", "problem"),
    [
        ({"certificate": "a.pem"}, "belong together"),
        ({"key": "a.pem"}, "belong together"),
        ({"certificate": "a.pem", "key": "b.pem", "tls": "self-made"}, "no `certificate` is given"),
        ({"tls": "self-made", "origins": ["http://konsola.example.pl"]}, "begin with https"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(site: Mapping[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Site.model_validate(site)


def test_a_self_made_one_names_whatever_people_may_type_and_is_read_by_nobody_else(tmp_path: Path) -> None:
    pair = made(tmp_path, origins=(ORIGIN,))
    names = x509.load_pem_x509_certificate(pair.certificate.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    dns = set(names.value.get_values_for_type(x509.DNSName))
    assert dns >= {"localhost", "konsola.example.pl"}
    assert {str(each) for each in names.value.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1", "192.0.2.7"}
    for path in (pair.certificate, pair.key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(pair.key.parent.stat().st_mode) == 0o700
    Tls(pair)


def test_a_self_made_one_stays_until_it_ends_soon_or_the_names_are_others(tmp_path: Path) -> None:
    first = fingerprint(made(tmp_path))
    assert fingerprint(made(tmp_path, NOW + timedelta(days=330))) == first
    second = fingerprint(made(tmp_path, NOW + timedelta(days=336)))
    assert second != first
    third = fingerprint(made(tmp_path, NOW + timedelta(days=336), origins=(ORIGIN,)))
    assert third != second
    (tmp_path / "tls" / "key.pem").write_text("broken")
    assert fingerprint(made(tmp_path, NOW + timedelta(days=336), origins=(ORIGIN,))) != third


def test_where_none_can_be_made_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("in the way")
    with pytest.raises(SettingsError, match=r"console\.tls: no certificate can be made"):
        made(tmp_path)


def given(folder: Path, name: str) -> Pair:
    pair = made(folder / name)
    return Pair(pair.certificate, pair.key, given=True)


def test_a_given_one_that_is_of_no_use_is_refused_at_once(tmp_path: Path) -> None:
    one, other = given(tmp_path, "one"), given(tmp_path, "other")
    with pytest.raises(SettingsError, match="no pair of PEM files"):
        Tls(Pair(one.certificate, other.key, given=True))
    with pytest.raises(SettingsError, match=r"nowhere\.pem cannot be read: No such file"):
        Tls(Pair(tmp_path / "nowhere.pem", one.key, given=True))


def shown(tls: Tls) -> bytes | None:
    """The certificate a client is shown, in DER; the two talk in memory."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = tls.context.wrap_bio(to_server, to_client, server_side=True)
    client = trusting.wrap_bio(to_client, to_server)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.getpeercert(binary_form=True)


def der(pair: Pair) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())


def test_an_exchanged_one_is_taken_up_while_the_server_runs(tmp_path: Path) -> None:
    live, other = given(tmp_path, "live"), given(tmp_path, "other")
    before = der(live)
    tls = Tls(live)
    shutil.copy(other.certificate, live.certificate)  # the key follows a moment later
    with capture_logs() as logs:
        tls.look()
        tls.look()
    assert [each["event"] for each in logs] == ["console.certificate_refused"], "told once"
    assert shown(tls) == before
    shutil.copy(other.key, live.key)
    with capture_logs() as logs:
        tls.look()
        tls.look()
    assert [each["event"] for each in logs] == ["console.certificate_renewed"]
    assert shown(tls) == der(other)
    live.key.unlink()
    with capture_logs() as logs:
        tls.look()
        tls.look()
    assert [each["event"] for each in logs] == ["console.certificate_refused"]
    assert shown(tls) == der(other)


def test_cookies_are_for_tls_alone_and_only_a_given_certificate_binds_browsers_to_it(tmp_path: Path) -> None:
    made_here, bought = made(tmp_path), given(tmp_path, "given")
    assert (console_rules(Site(), None).secure_cookies, console_rules(Site(), None).strict_transport) == (False, False)
    own = console_rules(Site(), made_here)
    assert (own.secure_cookies, own.strict_transport) == (True, False)
    theirs = console_rules(Site(), bought)
    assert (theirs.secure_cookies, theirs.strict_transport) == (True, True)
    behind = console_rules(Site(origins=("https://konsola.example.pl",)), None)
    assert (behind.secure_cookies, behind.strict_transport) == (True, False)


def test_this_machines_name_is_among_the_names(tmp_path: Path) -> None:
    names = x509.load_pem_x509_certificate(made(tmp_path).certificate.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert socket.gethostname().lower() in names.value.get_values_for_type(x509.DNSName)


def _doctor(site: Settings, later: timedelta = timedelta()) -> tuple[Standing, str]:
    found = certificate(site, NOW + later)
    return found.standing, found.text


def test_the_doctor_says_until_when_a_certificate_is_good(tmp_path: Path) -> None:
    pair = made(tmp_path)
    given = settings(tmp_path, certificate=pair.certificate, key=pair.key)
    life = ends_at(pair) - NOW
    assert _doctor(given)[0] is Standing.RIGHT
    assert f"{ends_at(pair):%Y-%m-%d}" in _doctor(given)[1]
    assert _doctor(given, life - timedelta(days=29))[0] is Standing.WARNING
    assert _doctor(given, life + timedelta(seconds=1))[0] is Standing.WRONG
    assert _doctor(settings(tmp_path, tls="self-made"))[0] is Standing.WARNING
    assert _doctor(settings(tmp_path, Listen("127.0.0.1", 8480)))[0] is Standing.RIGHT


def test_the_doctor_says_what_is_wrong_with_a_certificate(tmp_path: Path) -> None:
    pair = made(tmp_path)
    assert _doctor(settings(tmp_path))[0] is Standing.WRONG
    assert "cannot be read" in _doctor(settings(tmp_path, certificate=tmp_path / "none.pem", key=pair.key))[1]
    assert "no pair" in _doctor(settings(tmp_path, certificate=pair.certificate, key=pair.certificate))[1]
