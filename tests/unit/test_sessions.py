"""Sessions in memory and what their keeper is told."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from telephony.console.sessions import SESSIONS_PER_LOGIN, KeeperAwayError, Session, Sessions
from telephony.console.whence import Whence
from telephony.core.account import Account, SessionRecord

ANNA = Account("anna", "Anna", "$argon2id$…", "anna-phone", {"support": 1})
PIOTR = replace(ANNA, login="piotr")


class Keeper:
    """A database in plain sight."""

    def __init__(self) -> None:
        self.sessions: dict[str, SessionRecord] = {}
        self.away = False
        self.refuses = False

    def _answer(self) -> None:
        if self.away:
            raise KeeperAwayError

    async def open(self, session: SessionRecord, account: Account) -> bool:
        self._answer()
        if not self.refuses:
            self.sessions[session.key] = session
        return not self.refuses

    async def keep(self, sessions: Sequence[SessionRecord]) -> None:
        self._answer()
        self.sessions |= {each.key: each for each in sessions if each.key in self.sessions}

    async def end(self, keys: Collection[str]) -> None:
        self._answer()
        for key in keys:
            self.sessions.pop(key, None)

    async def end_old(self, *, used_before: float, created_before: float) -> None:
        self._answer()
        old = (key for key, each in self.sessions.items() if each.used_at < used_before)
        await self.end([*old, *(key for key, each in self.sessions.items() if each.created_at < created_before)])


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def sessions(keeper: Keeper) -> Sessions:
    return Sessions(idle_s=100, absolute_s=1000, without_keeper_s=500, keeper=keeper)


async def opened(sessions: Sessions, now: float = 0.0, account: Account = ANNA) -> tuple[str, Session]:
    found = await sessions.open(account, now, Whence("192.0.2.7", "Firefox, Linux"))
    assert found
    return found


async def test_only_the_right_token_finds_it(sessions: Sessions) -> None:
    token, session = await opened(sessions)
    assert sessions.find(token, 1.0) is session
    for wrong in (token + "x", session.key, "", None):
        assert sessions.find(wrong, 1.0) is None


async def test_nothing_that_is_kept_lets_anybody_in(sessions: Sessions, keeper: Keeper) -> None:
    token, session = await opened(sessions)
    sessions.find(token, 1.0)
    assert session.key == hashlib.sha256(token.encode()).hexdigest()
    assert session.csrf != token
    for place in (repr(sessions), repr(session), repr(keeper.sessions)):
        assert token not in place
        assert session.csrf not in place
    assert keeper.sessions[session.key] == SessionRecord(
        session.key, "anna", 0.0, 0.0, 0.0, "192.0.2.7", "Firefox, Linux"
    )


async def test_idle_and_absolute_ends() -> None:
    sessions = Sessions(idle_s=100, absolute_s=250)
    token, _ = await opened(sessions)
    assert all(sessions.find(token, now) for now in (90.0, 180.0, 249.0))
    assert sessions.find(token, 250.0) is None
    token, _ = await opened(sessions, 300.0)
    assert sessions.find(token, 400.0) is None


async def test_the_oldest_of_too_many_ends_and_the_keeper_hears_it(sessions: Sessions, keeper: Keeper) -> None:
    tokens = [(await opened(sessions, float(number)))[0] for number in range(SESSIONS_PER_LOGIN + 1)]
    assert sessions.find(tokens[0], 20.0) is None
    assert all(sessions.find(each, 20.0) for each in tokens[1:])
    await sessions.write(20.0)
    assert len(keeper.sessions) == SESSIONS_PER_LOGIN


async def test_the_account_that_is_another_one_meanwhile_opens_nothing(sessions: Sessions, keeper: Keeper) -> None:
    keeper.refuses = True
    assert await sessions.open(ANNA, 0.0) is None
    assert sessions.all() == []


async def test_without_the_keeper_nobody_new_comes_in(sessions: Sessions, keeper: Keeper) -> None:
    keeper.away = True
    with pytest.raises(KeeperAwayError):
        await sessions.open(ANNA, 0.0)
    assert sessions.all() == []


async def test_another_server_goes_on_with_what_the_keeper_has(sessions: Sessions, keeper: Keeper) -> None:
    token, session = await opened(sessions)
    csrf = session.csrf
    later = Sessions(idle_s=100, absolute_s=1000, keeper=keeper)
    assert list(later.learn(keeper.sessions.values(), {"anna": ANNA}, ())) == []
    found = later.find(token, 50.0)
    assert found
    assert (found.account, found.csrf, found.whence.browser) == (ANNA, csrf, "Firefox, Linux")


async def test_use_is_told_to_the_keeper_now_and_then(sessions: Sessions, keeper: Keeper) -> None:
    _, session = await opened(sessions)
    sessions.use(session, 59.0)
    await sessions.write(59.0)
    assert keeper.sessions[session.key].used_at == 0.0
    sessions.use(session, 61.0)
    await sessions.write(61.0)
    assert keeper.sessions[session.key].used_at == 61.0
    session.proven_at = 62.0
    await sessions.write(62.0)
    assert keeper.sessions[session.key].proven_at == 62.0
    sessions.use(session, 63.0)
    await sessions.write(63.0, everything=True)
    assert keeper.sessions[session.key].used_at == 63.0


async def test_what_the_keeper_could_not_be_told_is_told_later(sessions: Sessions, keeper: Keeper) -> None:
    token, session = await opened(sessions)
    _, other = await opened(sessions)
    keeper.away = True
    sessions.close(session)
    sessions.use(other, 90.0)
    with pytest.raises(KeeperAwayError):
        await sessions.write(90.0)
    assert sessions.find(token, 90.0) is None
    keeper.away = False
    await sessions.write(91.0)
    assert list(keeper.sessions) == [other.key]
    assert keeper.sessions[other.key].used_at == 90.0


async def test_old_ones_end_with_the_keeper_too_but_not_those_in_use(sessions: Sessions, keeper: Keeper) -> None:
    _, idle = await opened(sessions)
    _, used = await opened(sessions)
    sessions.use(used, 230.0)
    await sessions.write(230.0)
    assert list(keeper.sessions) == [used.key], f"{idle.key} has not been used for 230 s"


async def test_sessions_outlive_an_absent_keeper_for_the_stated_time(sessions: Sessions) -> None:
    token, session = await opened(sessions)
    sessions.heard(0.0)
    for now in (99.0, 198.0, 297.0, 396.0, 495.0):
        assert sessions.find(token, now)
    assert sessions.find(token, 500.0) is None
    assert not sessions.alive(session, 500.0)
    sessions.sweep(500.0)
    sessions.heard(510.0)
    assert sessions.find(token, 510.0) is session


async def test_what_has_ended_elsewhere_ends_here(sessions: Sessions) -> None:
    token, session = await opened(sessions)
    other_token, other = await opened(sessions, account=PIOTR)
    before = sessions.all()
    late_token, _ = await opened(sessions)  # since the keeper was asked
    ended = list(sessions.learn([other.record], {"anna": ANNA, "piotr": PIOTR}, before))
    assert ended == [session]
    assert sessions.find(token, 1.0) is None
    assert sessions.find(other_token, 1.0)
    assert sessions.find(late_token, 1.0)


async def test_what_has_ended_here_does_not_come_back_with_a_late_answer(sessions: Sessions) -> None:
    token, session = await opened(sessions)
    answer = [session.record]
    sessions.close(session)
    await sessions.write(1.0)
    assert list(sessions.learn(answer, {"anna": ANNA}, ())) == []
    assert sessions.find(token, 1.0) is None


async def test_a_session_used_at_another_server_is_not_idle_here(sessions: Sessions) -> None:
    token, session = await opened(sessions)
    used_there = replace(session.record, used_at=80.0, proven_at=70.0)
    assert list(sessions.learn([used_there], {"anna": ANNA}, sessions.all())) == []
    assert sessions.find(token, 150.0) is session
    assert session.proven_at == 70.0
    assert list(sessions.learn([used_there], {"anna": ANNA}, sessions.all())) == []
    assert session.used_at == 150.0


async def test_whose_account_is_gone_is_gone(sessions: Sessions) -> None:
    _, session = await opened(sessions)
    assert list(sessions.learn([session.record], {}, sessions.all())) == [session]
