"""`hotline flow simulate` on a real terminal: whoever sits there is the caller."""

import os
import pty
import re
import select
import signal
import sys
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import ROOT

LIMIT_S = 30.0
ARGUMENTS = ["-m", "telephony", "flow", "simulate", "accessibility", "--at", "2026-11-23T10:00"]


class Terminal:
    """The program in a terminal of its own, as its user sees it."""

    def __init__(self, process: int, handle: int) -> None:
        self.process, self._handle, self._seen = process, handle, ""

    def type(self, keys: str) -> None:
        os.write(self._handle, keys.encode())

    def until(self, pattern: str) -> str:
        """What has come up to and with the pattern; the rest stays for the next time."""
        while not (found := re.search(pattern, self._seen)):
            told, _, _ = select.select([self._handle], [], [], LIMIT_S)
            try:
                more = os.read(self._handle, 4096) if told else b""
            except OSError:  # Linux: nobody has the terminal open any more
                more = b""
            if not more:
                pytest.fail(f"{pattern} never came: {self._seen}")
            self._seen += more.decode()
        seen, self._seen = self._seen[: found.end()], self._seen[found.end() :]
        return seen

    def status(self) -> int:
        ended = os.pidfd_open(self.process)
        told, _, _ = select.select([ended], [], [], LIMIT_S)
        os.close(ended)
        if not told:
            os.kill(self.process, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    process, handle = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests in the background has it ignored
        os.execv(sys.executable, [sys.executable, *ARGUMENTS])  # noqa: S606 - our own program, in the terminal
    yield Terminal(process, handle)
    os.close(handle)


def test_keys_are_asked_for_and_a_mistake_is_told(terminal: Terminal) -> None:
    assert "You are the caller" in terminal.until("keys> ")
    terminal.type("one\n")
    assert "`one` is neither keys" in terminal.until("keys> ")
    terminal.type("answer\n")
    assert "you are in no line" in terminal.until("keys> ")
    terminal.type("0\n")
    assert re.search(r" line +support \(accessibility\)", terminal.until("in the line: .*> "))
    terminal.type("hangup\n")
    terminal.until("caller_hung_up")
    assert terminal.status() == 0


@pytest.mark.parametrize(("key", "told", "status"), [("\x04", "caller_hung_up", 0), ("\x03", r"\^C", 130)])
def test_the_end_of_input_is_a_hang_up_and_an_interrupt_leaves(
    terminal: Terminal, key: str, told: str, status: int
) -> None:
    terminal.until("keys> ")
    terminal.type(key)
    assert "Traceback" not in terminal.until(told)
    assert terminal.status() == status
