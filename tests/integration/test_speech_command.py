"""Speech by a program of the operator's choice, good ones and hostile ones."""

import os
import select
import shlex
import sys
import textwrap
from pathlib import Path

import pytest

from ivr_flows import Prompt, audio, speech_command
from ivr_flows.prompts import PromptStore
from ivr_flows.speech import SpeechError
from ivr_flows.speech_command import SpeechCommand

HELLO = Prompt("Dzień dobry; $(id) 'cudzysłów' {text}", "pl", slow=False)

TONE = """
    import array, math, sys, wave
    def tone(file, rate_hz=22050, seconds=0.5):
        with wave.open(file, "wb") as out:
            out.setparams((1, 2, rate_hz, 0, "NONE", ""))
            out.writeframes(array.array("h", (int(9000 * math.sin(n / 9)) for n in range(int(rate_hz * seconds)))))
"""


def command(tmp_path: Path, program: str, arguments: str = "", **limits: float) -> SpeechCommand:
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(TONE) + textwrap.dedent(program))
    return SpeechCommand(f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {arguments}", **limits)


def test_text_on_standard_input_and_sound_on_standard_output(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = f"open({str(seen)!r}, 'wb').write(sys.stdin.buffer.read()); tone(sys.stdout.buffer)"
    sound = command(tmp_path, program).speak(HELLO)
    assert seen.read_text("utf-8") == HELLO.text
    assert (sound.rate_hz, sound.duration_s) == (22050, 0.5)


def test_text_and_file_as_arguments_pass_no_shell(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = f"open({str(seen)!r}, 'w').write('|'.join(sys.argv[1:4])); print('talks'); tone(sys.argv[4], 48000)"
    sound = command(tmp_path, program, "'a {text}' {language} {pace} {file}").speak(HELLO)
    assert seen.read_text("utf-8") == f"a {HELLO.text}|pl|normal"
    assert sound.rate_hz == 48_000


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("", "wrote no sound"),
        ("print('no wave' * 100)", "wrote no sound"),
        ("sys.stdout.buffer.write(b'RIFF' + bytes(40))", "wrote no sound"),
        ("sys.stderr.write('one\\nno such\\x1b voice\\n'); sys.exit(3)", r"failed \(exit status 3\): no such voice$"),
        ("import os; os.kill(os.getpid(), 11)", r"failed \(exit status -11\)"),
        ("tone(sys.stdout.buffer, 96000)", "at 96000 Hz"),
        ("tone(sys.stdout.buffer, 8000, 0)", "sound of 0 s"),
        ("tone(sys.stdout.buffer, 8000, 121)", "sound of 121 s"),
    ],
)
def test_what_is_no_speech_is_a_clear_error(tmp_path: Path, program: str, message: str) -> None:
    with pytest.raises(SpeechError, match=message):
        command(tmp_path, program).speak(HELLO)


@pytest.mark.parametrize("where", ["stdout", "stderr"])
def test_output_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setattr(speech_command, "MAX_BYTES", 1_000_000)
    program = (
        f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nwhile True: sys.{where}.write('x' * 65536)"
    )
    with pytest.raises(SpeechError, match=r"wrote more than|failed"):
        command(tmp_path, program).speak(HELLO)


def ends(pid: int) -> bool:
    """A killed grandchild is nobody's to wait for, and dies a moment later [pidfd_open(2)]."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 30)[0])
    finally:
        os.close(handle)


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = f"""
        import os, subprocess, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
        time.sleep(600)
    """
    with pytest.raises(SpeechError, match=r"took longer than 1\.5 s"):
        command(tmp_path, program, limit_s=1.5).speak(HELLO)
    for pid in map(int, pids.read_text().split()):
        assert ends(pid)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("", "is empty"),
        ("say 'x", "cannot be read"),
        ("say {", "cannot be read"),
        ("say {voice}", r"has no \{voice\}; it has file, language, pace, text"),
        ("say {}", r"has no \{\}"),
    ],
)
def test_a_command_that_cannot_be_understood(template: str, message: str) -> None:
    with pytest.raises(SpeechError, match=message):
        SpeechCommand(template)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(SpeechError, match="/nowhere/say cannot be started: No such file"):
        SpeechCommand("/nowhere/say").speak(HELLO)


def test_a_store_leaves_nothing_half_written_and_no_folder_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    store = PromptStore(tmp_path / "made", speaker=command(tmp_path, "sys.exit(1)"))
    with pytest.raises(SpeechError, match="exit status 1"):
        store.build([HELLO])
    assert list(store.folder.iterdir()) == list((tmp_path / "tmp").iterdir()) == []
    silent = "import wave; w = wave.open(sys.stdout.buffer, 'wb'); w.setparams((1, 2, 8000, 0, 'NONE', ''))"
    store = PromptStore(
        tmp_path / "made", speaker=command(tmp_path, f"{silent}; w.writeframes(bytes(8000)); w.close()")
    )
    with pytest.raises(SpeechError, match="silent"):
        store.build([HELLO])
    assert list(store.folder.iterdir()) == []


def test_the_second_file_that_cannot_be_written_takes_the_first_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [1]

    def full_at_the_second(_handle: int, _mode: int) -> None:
        if not left:
            raise OSError(28, "No space left on device")
        left.pop()

    monkeypatch.setattr(os, "fchmod", full_at_the_second)
    store = PromptStore(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        store.build([Prompt("Halo", "pl", slow=False)])
    assert list(tmp_path.iterdir()) == []


def test_another_command_is_another_file_and_the_old_one_is_stale(tmp_path: Path) -> None:
    first = PromptStore(tmp_path / "made", speaker=command(tmp_path, "tone(sys.stdout.buffer)"))
    second = PromptStore(tmp_path / "made", speaker=command(tmp_path, "tone(sys.stdout.buffer)", "--other"))
    assert first.inventory([HELLO]).missing == (HELLO,)
    first.build([HELLO])
    assert first.inventory([HELLO]).stale == ()
    assert first.inventory([HELLO]).left_over == ()
    found = second.inventory([HELLO])
    assert (found.missing, found.stale, len(found.left_over)) == ((), (HELLO,), 2)
    second.build([HELLO])
    assert second.inventory([HELLO]).stale == ()
    assert len(second.inventory([HELLO]).left_over) == 2


def test_a_recording_of_no_prompt_is_named(tmp_path: Path) -> None:
    (tmp_path / "recorded").mkdir()
    audio.write_wav(tmp_path / "recorded" / "pl-normal-0123456789abcdef.wav", audio.Sound(bytes(1600), 8000))
    found = PromptStore(tmp_path / "made", tmp_path / "recorded").inventory([HELLO])
    assert found.unused_recordings == ("pl-normal-0123456789abcdef.wav",)
