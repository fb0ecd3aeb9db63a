"""Prompts made during a call."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr_flows import Prompt, audio
from ivr_flows.on_demand import Bounds, OnDemand
from ivr_flows.prompts import Espeak, PromptStore
from ivr_flows.speech import SpeechError


class Counted(Espeak):
    """The real synthesiser, counted, and held back until told."""

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.began = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def speak(self, prompt: Prompt) -> audio.Sound:
        self.spoken.append(prompt.text)
        self.began.set()
        assert self.go.wait(30)
        if prompt.text == "źle":
            raise SpeechError("no voice today")
        return super().speak(prompt)


@pytest.fixture
def speaker() -> Iterator[Counted]:
    counted = Counted()
    yield counted
    counted.go.set()


def demand(tmp_path: Path, speaker: Counted, **bounds: float) -> OnDemand:
    kept = PromptStore(tmp_path / "kept", speaker=speaker)
    return OnDemand(PromptStore(tmp_path / "built"), kept, Bounds(**bounds))  # type: ignore[arg-type]


def said(text: str) -> Prompt:
    return Prompt(text, "pl", slow=False)


def there(path: Path) -> bool:
    return all(path.with_name(path.name + suffix).is_file() for suffix in (".sln", ".sln16"))


async def test_made_once_and_then_kept(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker)
    path = await prompts.speak(said("pięć złotych"))
    assert there(path)
    assert await prompts.speak(said("pięć złotych")) == path
    assert await demand(tmp_path, speaker).speak(said("pięć złotych")) == path  # also after a restart
    assert speaker.spoken == ["pięć złotych"]


async def test_what_was_built_ahead_is_taken_from_there(tmp_path: Path, speaker: Counted) -> None:
    PromptStore(tmp_path / "built").build([said("Halo")])
    path = await demand(tmp_path, speaker).speak(said("Halo"))
    assert path.parent == tmp_path / "built"
    assert speaker.spoken == []


async def test_several_become_one_sound_of_the_same_samples_in_order(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker)
    one, two = [await prompts.speak(said(words)) for words in ("raz", "dwa")]
    joined = await prompts.together([one, two])
    for suffix in (".sln", ".sln16"):
        first, second, both = (each.with_name(each.name + suffix).read_bytes() for each in (one, two, joined))
        assert both == first + second
    again = [await prompts.together(paths) for paths in ([one, two], [two, one])]
    assert again[0] == joined != again[1]
    joined.with_name(joined.name + ".sln").unlink()
    assert there(await prompts.together([one, two]))


async def test_what_was_joined_is_kept_within_the_same_bounds(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker, prompts=2)
    one, two = [await prompts.speak(said(words)) for words in ("raz", "dwa")]
    assert there(await prompts.together([one, two]))
    assert len(list((tmp_path / "kept").glob("*.sln"))) == 2


async def test_what_is_missing_cannot_be_joined(tmp_path: Path, speaker: Counted) -> None:
    with pytest.raises(FileNotFoundError):
        await demand(tmp_path, speaker).together([tmp_path / "a", tmp_path / "b"])
    assert list((tmp_path / "kept").iterdir()) == []


async def test_many_who_ask_at_once_get_one_making(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker)
    paths = await asyncio.gather(*(prompts.speak(said("dwa złote")) for _ in range(20)))
    assert len(set(paths)) == 1
    assert speaker.spoken == ["dwa złote"]


async def test_a_failure_reaches_all_who_asked_and_is_tried_again(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker)
    outcomes = await asyncio.gather(*(prompts.speak(said("źle")) for _ in range(3)), return_exceptions=True)
    assert [str(each) for each in outcomes] == ["no voice today"] * 3
    with pytest.raises(SpeechError, match="no voice today"):
        await prompts.speak(said("źle"))
    assert speaker.spoken == ["źle", "źle"]


async def test_a_caller_does_not_wait_for_ever_and_the_loop_goes_on(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker, limit_s=0.05)
    speaker.go.clear()
    with pytest.raises(SpeechError, match=r"not ready within 0\.05 s"):
        await prompts.speak(said("jeden"))
    speaker.go.set()
    prompts.close()


async def test_a_caller_who_hangs_up_spoils_nothing_for_the_next(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker)
    speaker.go.clear()
    gone, stays = (asyncio.create_task(prompts.speak(said("trzy"))) for _ in range(2))
    assert await asyncio.to_thread(speaker.began.wait, 30)
    gone.cancel()
    speaker.go.set()
    assert there(await stays)
    assert gone.cancelled()


async def test_the_longest_unused_go_first_by_count(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker, prompts=2)
    one, two = [await prompts.speak(said(text)) for text in ("jeden", "dwa")]
    await prompts.speak(said("jeden"))  # used again: now two is the older one
    three = await prompts.speak(said("trzy"))
    assert [there(path) for path in (one, two, three)] == [True, False, True]
    assert len(list((tmp_path / "kept").iterdir())) == 4


async def test_the_longest_unused_go_first_by_bytes_but_never_the_newest(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker, total_bytes=10)
    one = await prompts.speak(said("jeden"))
    assert there(one)
    two = await prompts.speak(said("dwa"))
    assert [there(path) for path in (one, two)] == [False, True]


async def test_what_nobody_has_used_for_a_day_goes(tmp_path: Path, speaker: Counted) -> None:
    prompts = demand(tmp_path, speaker)
    one, two = [await prompts.speak(said(text)) for text in ("jeden", "dwa")]
    for suffix in (".sln", ".sln16"):
        os.utime(one.with_name(one.name + suffix), (1, 1))
    three = await prompts.speak(said("trzy"))
    assert [there(path) for path in (one, two, three)] == [False, True, True]
