"""A folder of trunks here and on the far side of a real sshd: the same contract; and what is not asked is not done."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sip_trunk.errors import TrunkError
from sip_trunk.revisions import FILES, Folder, Past, Revision, Step, TrunkFolder, TrunksBusyError
from telephony.trunk_settings import SshTo
from telephony.trunk_ssh import RemoteFolder, command
from tests import sshd

TEXTS = dict.fromkeys(FILES, "; zażółć\n")
MARK = "touched"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def far(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[SshTo, Path]]:
    folder = tmp_path_factory.mktemp("far")
    trunks = folder / "trunks"
    trunks.mkdir()
    forced = (sys.executable, "-m", "telephony", "trunk", "receive", trunks)
    wrapped = ("env", f"PYTHONPATH={Path(__file__).parents[2]}", *forced)
    async with sshd.sshd(folder, wrapped) as to:
        yield to, trunks


@pytest.fixture(params=["here", "ssh"])
def folder(request: pytest.FixtureRequest, far: tuple[SshTo, Path], tmp_path: Path) -> Folder:
    if request.param == "here":
        return TrunkFolder(tmp_path)
    return RemoteFolder("node-2", command(far[0], sshd.ssh()))


def test_a_folder_keeps_revisions_wherever_it_is(folder: Folder) -> None:
    """From nothing to a revision in force, and back; then with somebody else at it."""
    assert folder.history() == ()
    with folder.held():
        first = folder.keep(TEXTS)
        folder.begin(Step("", str(first), "eva", 1.5))
        assert folder.unfinished() == Step("", str(first), "eva", 1.5)
        folder.switch(first)
        folder.end(Past(2.5, "eva", "", str(first), "applied"))
        assert folder.unfinished() is None
        assert folder.keep(TEXTS) == first, "the same texts are the same revision"
        second = folder.keep({**TEXTS, "pjsip.conf": "; other\n"})
        assert folder.known() == (first, second)
        assert (folder.current(), folder.source(first)) == (first, TEXTS["trunks.toml"])
        folder.switch(None)
        assert folder.current() is None
        with pytest.raises(TrunkError, match="cannot be read"):
            folder.source(Revision(9, "0" * 12))
    assert folder.history() == (Past(2.5, "eva", "", str(first), "applied"),)


def test_two_at_a_time_are_refused_also_from_afar(far: tuple[SshTo, Path]) -> None:
    to, trunks = far
    remote, here = RemoteFolder("node-2", command(to, sshd.ssh())), TrunkFolder(trunks)

    with here.held(), pytest.raises(TrunksBusyError, match="node-2"), remote.held():
        pass
    with remote.held(), pytest.raises(TrunksBusyError), here.held():
        pass
    with here.held():  # nobody holds it any more once the connection is over
        pass


def test_whoever_is_not_known_or_no_receiver_is_said(far: tuple[SshTo, Path], tmp_path: Path) -> None:
    to, trunks = far
    other = replace_known(to, tmp_path)
    with pytest.raises(TrunkError, match="node-2 cannot be reached over SSH: Host key verification failed"):
        RemoteFolder("node-2", command(other, sshd.ssh())).current()
    with pytest.raises(TrunkError, match="does not start"):
        RemoteFolder("node-2", ("absent-program",)).current()
    with pytest.raises(TrunkError, match="is no `hotline trunk receive`"):
        RemoteFolder("node-2", ("cat",)).current()
    asked = f"touch {trunks}/{MARK}; $(touch {trunks}/{MARK})"
    argv = (*command(to, sshd.ssh())[:-1], asked)  # what is asked for instead of the receiver is not done
    assert RemoteFolder("node-2", argv).current() is None
    assert not (trunks / MARK).exists()


def replace_known(to: SshTo, folder: Path) -> SshTo:
    """The same machine with another key."""
    known = folder / "known"
    host, kind, key = Path(to.known_hosts).read_text("utf-8").split()[:3]
    known.write_text(f"{host} {kind} {key[:-6]}{'A' * 6}\n", "utf-8")
    return to.model_copy(update={"known_hosts": str(known)})


GOOD = {"host": "node2.example.pl", "user": "hotline", "key": "/etc/hotline/key", "known_hosts": "/etc/hotline/known"}


@pytest.mark.parametrize(
    "wrong",
    [{"host": "-oProxyCommand=x"}, {"host": "a b"}, {"user": "-l"}, {"user": "a b"}, {"key": "/a/%h"}, {"key": "here"}],
)
def test_a_setting_can_be_no_option_of_ssh(wrong: dict[str, str]) -> None:
    to = SshTo.model_validate(GOOD)
    assert command(to)[-3:] == ("--", "node2.example.pl", "hotline-trunk-receive")
    with pytest.raises(ValueError, match="match"):
        SshTo.model_validate({**GOOD, **wrong})
