"""The private package tree: which mirror, which distribution, whole or absent, and errors that tell what to do.

apt-get and dpkg are little scripts here; the real ones are used by `make setup`.
"""

from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path

import pytest

from telephony.asterisk import debian_tree
from telephony.asterisk.debian_tree import DownloadProgress, PackagesError, Release, Source, is_whole, mirror_in

BOOKWORM = Release("debian", "bookworm")
SOURCE = Source("http://mirror.test/debian", "forky", "main", Path("/k.gpg"))

APT = """\
#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *" update") {update} ;;
  *" install "*)
    echo "0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded."
    echo "Need to get 3,456 kB of archives."
    {install}
    ;;
esac
"""
DOWNLOADS = "cd {part}/cache/archives && for each in one two libc6; do touch ${{each}}_1_amd64.deb; done"
DPKG = '#!/bin/sh\nmkdir -p "$3/usr/bin" && touch "$3/usr/bin/$(basename "$2" _1_amd64.deb)"\n'


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that stands before all others."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)


def apt(programs: Path, tree: Path, *, update: str = "true", install: str = DOWNLOADS) -> None:
    part = tree.with_name(f"{tree.name}.part")
    log = programs / "apt.log"
    program(programs, "apt-get", APT.format(log=log, update=update, install=install.format(part=part)))
    program(programs, "dpkg", DPKG)


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        ("Debian|bookworm|http://a.test/debian/\n", "http://a.test/debian/"),
        ("Debian|bookworm-security|http://s.test/\nDebian|bookworm|https://a.test/\n", "https://a.test/"),
        ("Docker|bookworm|https://docker.test/\nDebian|bookworm|http://a.test/\n", "http://a.test/"),
        ("$(ORIGIN)|bookworm-security|http://s.test/\n$(ORIGIN)|bookworm|http://a.test/\n", "http://a.test/"),
        ("$(ORIGIN)|stable|mirror+file:/etc/apt/mirrors/debian.list\n", "mirror+file:/etc/apt/mirrors/debian.list"),
        ("Debian|bookworm|cdrom:[Debian]/\nDebian|bookworm|http://a.test/\n", "http://a.test/"),
        ("Docker|bookworm|https://docker.test/\n", None),
        ("$(ORIGIN)|nodistro|https://node.test/\n", None),
        ("Debian|bookworm|http://a.test/ evil main\n", None),
        ("", None),
        ("|\n||\n", None),
    ],
)
def test_the_mirror_is_the_machines_own(targets: str, found: str | None) -> None:
    assert mirror_in(targets, BOOKWORM) == found


async def test_a_machine_that_has_never_updated_its_lists_still_names_its_mirror(programs: Path) -> None:
    only_without_lists = (
        "#!/bin/sh\ncase \"$*\" in *--no-release-info*) echo '$(ORIGIN)|bookworm|http://a.test/' ;; esac\n"
    )
    program(programs, "apt-get", only_without_lists)
    assert await debian_tree.mirror(BOOKWORM) == "http://a.test/"


async def test_without_a_source_the_message_says_what_to_add(programs: Path) -> None:
    program(programs, "apt-get", "#!/bin/sh\n")
    with pytest.raises(PackagesError, match=r"debian bookworm main: add one to /etc/apt/sources\.list"):
        await debian_tree.mirror(BOOKWORM)


async def test_without_apt_the_message_says_so(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(PackagesError, match="apt-get is not on this machine"):
        await debian_tree.mirror(BOOKWORM)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12"\n', BOOKWORM),
        ("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n", Release("ubuntu", "noble")),
        (
            'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
            Release("ubuntu", "noble"),
        ),
    ],
)
def test_the_distribution(text: str, expected: Release) -> None:
    assert debian_tree.release(text) == expected


@pytest.mark.parametrize("text", ["ID=fedora\nPRETTY_NAME=Fedora\n", "ID=debian\nVERSION_CODENAME='x y'\n", ""])
def test_another_distribution_is_named(text: str) -> None:
    with pytest.raises(PackagesError, match="neither a known Debian nor a known Ubuntu"):
        debian_tree.release(text)


def test_without_a_keyring_nothing_is_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(debian_tree.KEYRINGS, "debian", (tmp_path / "missing.gpg",))
    with pytest.raises(PackagesError, match="apt-get install debian-archive-keyring"):
        _ = BOOKWORM.keyring


async def test_a_tree_is_made_whole(programs: Path, tmp_path: Path) -> None:
    tree = tmp_path / "data" / "tree"
    apt(programs, tree)
    said: list[str] = []
    await debian_tree.fetch(
        tree, [SOURCE], ["one", "two"], said.append, without=("libc6",),
        finish=lambda root: (root / "finished").touch(),
    )  # fmt: skip
    assert sorted(path.name for path in (tree / "usr/bin").iterdir()) == ["one", "two"]
    assert (tree / "finished").exists()
    assert is_whole(tree, ["one", "two"])
    assert not is_whole(tree, ["one", "three"]), "another list of packages is another tree"
    assert not tree.with_name("tree.part").exists()
    assert said == ["reading the package lists", "downloading 3,456 kB in 2 packages", "unpacked 2 of 2 packages"]


async def test_apt_is_told_to_check_signatures_and_to_touch_nothing_of_the_machine(
    programs: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    keep = tmp_path / "kept"
    apt(programs, tree, update=f"cp -r {tree}.part {keep}")
    await debian_tree.fetch(tree, [SOURCE], ["one"], lambda _: None)
    assert (keep / "sources.list").read_text() == "deb [signed-by=/k.gpg] http://mirror.test/debian forky main\n"
    conf = (keep / "apt.conf").read_text()
    for setting in ("Dir::State ", "Dir::State::status ", "Dir::Cache ", "Dir::Etc::sourcelist "):
        assert f'{setting}"{tree}.part' in conf
    assert "llow" not in conf, "nothing unauthenticated or insecure is allowed"
    assert (keep / "status").read_text() == ""


async def test_an_interrupted_download_leaves_no_tree_and_goes_on_from_there(programs: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    part = tree.with_name("tree.part")
    apt(programs, tree, install="touch {part}/cache/archives/one_1_amd64.deb; echo 'E: Connection failed'; exit 100")
    with pytest.raises(PackagesError, match="The mirror cannot be reached"):
        await debian_tree.fetch(tree, [SOURCE], ["one"], lambda _: None)
    assert not tree.exists()
    apt(programs, tree, install="test -e {part}/cache/archives/one_1_amd64.deb")
    await debian_tree.fetch(tree, [SOURCE], ["one"], lambda _: None)
    assert (tree / "usr/bin/one").exists()
    assert not part.exists()


async def test_a_broken_unpacking_leaves_no_tree(programs: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    apt(programs, tree)
    program(programs, "dpkg", "#!/bin/sh\necho 'No space left on device'; exit 2\n")
    with pytest.raises(PackagesError, match="HOTLINE_DATA may name a folder elsewhere"):
        await debian_tree.fetch(tree, [SOURCE], ["one"], lambda _: None)
    assert not tree.exists()


async def test_an_unknown_signature_is_an_error_that_says_what_to_update(programs: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    apt(programs, tree, update="echo 'W: GPG error: NO_PUBKEY 6ED0E7B82643E131'; exit 100")
    with pytest.raises(PackagesError, match="update the package debian-archive-keyring"):
        await debian_tree.fetch(tree, [SOURCE], ["one"], lambda _: None)
    assert not tree.exists()


async def test_a_whole_tree_is_not_fetched_again(programs: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    apt(programs, tree)
    await debian_tree.fetch(tree, [SOURCE], ["one"], lambda _: None)
    (programs / "apt.log").unlink()
    await debian_tree.fetch(tree, [SOURCE], ["one"], lambda _: None)
    assert not (programs / "apt.log").exists()


async def test_two_at_once_fetch_once(programs: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    apt(programs, tree)
    said: list[str] = []
    with tree.with_name("tree.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waits = asyncio.Event()

        def progress(text: str) -> None:
            said.append(text)
            waits.set()

        waiting = asyncio.create_task(debian_tree.fetch(tree, [SOURCE], ["one"], progress))
        await waits.wait()
        assert said == ["waiting for another process that fetches the same"]
        assert not (programs / "apt.log").exists()
    await waiting
    assert is_whole(tree, ["one"])


def test_progress_is_told_now_and_then() -> None:
    said: list[str] = []
    line = DownloadProgress(said.append, every=2)
    line("0 upgraded, 3 newly installed, 0 to remove and 0 not upgraded.")
    line("Need to get 1,234 kB/2,345 kB of archives.")
    for number in range(3):
        line(f"Get:{number} http://mirror.test/debian forky/main amd64 one amd64 1 [3 kB]")
    assert said == ["downloading 1,234 kB in 3 packages", "downloaded 2 of 3 packages"]
