"""Prompts made by the real synthesiser, measured: `pytest -s tests/integration/test_prompts.py` prints the figures."""

import array
import os
import statistics
import subprocess
import sys
import threading
import wave
from collections.abc import Sequence
from pathlib import Path

import espeakng_loader  # type: ignore[import-untyped]
import pytest

from ivr_flows import SHIPPED, Facts, FlowError, Prompt, Say, audio, load, speech, start
from ivr_flows.audio import Sound, measure
from ivr_flows.loading import flow_files
from ivr_flows.prompts import MANY, PromptStore, prompt_key, prompts_of, voice_of
from ivr_flows.speech import MAX_DATA_PATH, PEOPLE, SpeechError, Voice, short_path, speak
from tests.acceptance.conftest import DATA

FLOWS = flow_files(SHIPPED)
EVERY_PROMPT = sorted(frozenset().union(*(prompts_of(load(path)) for path in FLOWS)), key=prompt_key)
GREETING = Prompt("Dzień dobry, tu MARSOFT.", "pl", slow=False)


@pytest.fixture(scope="module")
def store() -> PromptStore:
    """Those that `hotline setup` has made, by content: what is stale or missing is made here."""
    store = PromptStore(DATA / "prompts")
    store.build_all(FLOWS)
    return store


def sounds(store: PromptStore, prompt: Prompt) -> tuple[Sound, Sound]:
    path = store.path(prompt)
    wide, narrow = (path.with_name(path.name + suffix).read_bytes() for suffix in (".sln16", ".sln"))
    return Sound(wide, audio.WIDE_HZ), Sound(narrow, audio.NARROW_HZ)


@pytest.mark.parametrize("prompt", EVERY_PROMPT, ids=prompt_key)
def test_every_shipped_prompt_is_heard_and_clean(store: PromptStore, prompt: Prompt) -> None:
    wide, narrow = sounds(store, prompt)
    assert narrow.duration_s == pytest.approx(wide.duration_s, rel=0.01)
    for sound in (wide, narrow):
        levels = measure(sound)
        print(f"{sound.rate_hz:6} Hz {levels} {prompt.text}")
        assert levels.rms_dbfs == pytest.approx(audio.TARGET_DBFS, abs=3.0)
        assert levels.peak_dbfs < audio.PEAK_DBFS + 0.5
        assert levels.head_ms <= 150  # a soft beginning, such as an English "h", is quieter than the threshold
        assert levels.tail_ms <= 200
        assert 0.5 < levels.duration_s < 12.0


def menu_s(store: PromptStore, flow: str, facts: Facts) -> list[float]:
    step = start(load(SHIPPED / flow), facts, now=0.0)
    return [
        sounds(store, prompt)[1].duration_s for say in step.actions if isinstance(say, Say) for prompt in say.prompts
    ]


def test_the_caller_soon_hears_what_to_press(store: PromptStore) -> None:
    durations = menu_s(store, "general.yaml", Facts("+48221000100", accessibility=False))
    assert durations[0] < 2.0  # after the greeting comes the first choice
    assert sum(durations) < 20.0


def test_the_accessible_menu_is_slower_and_still_short(store: PromptStore) -> None:
    facts = Facts("+48221000200", accessibility=True)
    assert sum(menu_s(store, "accessibility.yaml", facts)) < 20.0
    slow = Prompt(GREETING.text, "pl", slow=True)
    assert sounds(store, slow)[0].duration_s > 1.25 * sounds(store, GREETING)[0].duration_s


def test_what_is_built_is_not_built_again(store: PromptStore) -> None:
    seen: list[tuple[int, int]] = []
    assert store.build(EVERY_PROMPT, lambda done, total: seen.append((done, total))) == 0
    assert seen == [(len(EVERY_PROMPT), len(EVERY_PROMPT))]


def test_files_are_readable_by_an_asterisk_of_another_user(store: PromptStore) -> None:
    modes = {path.stat().st_mode & 0o777 for path in store.folder.iterdir()}
    assert modes == {0o644}
    assert {path.suffix for path in store.folder.iterdir()} == {".sln", ".sln16"}
    assert store.path(GREETING).is_absolute()


def test_progress_counts_up_and_a_broken_file_is_made_anew(tmp_path: Path) -> None:
    store = PromptStore(tmp_path)
    seen: list[tuple[int, int]] = []
    assert store.build([GREETING], lambda done, total: seen.append((done, total))) == 1
    assert seen == [(0, 1), (1, 1)]
    store.path(GREETING).with_name(store.path(GREETING).name + ".sln").unlink()
    assert not store.ready(GREETING)
    assert store.build([GREETING]) == 1
    assert store.ready(GREETING)


def test_many_are_made_on_all_processors_and_a_broken_recording_stops_them(tmp_path: Path) -> None:
    many = [Prompt(f"Numer {count}.", "pl", slow=False) for count in range(MANY)]
    store, seen = PromptStore(tmp_path / "made"), []
    assert store.build(many, lambda done, total: seen.append((done, total))) == MANY
    assert seen == [(done, MANY) for done in range(MANY + 1)]
    assert all(map(store.ready, many))
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / f"{prompt_key(many[-1])}.wav").write_bytes(b"RIFF")
    with pytest.raises(SpeechError, match="not a PCM WAV file"):
        PromptStore(tmp_path / "again", tmp_path / "recorded").build(many)


def test_nothing_half_written_is_left_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int, _mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(OSError, match="No space left"):
        PromptStore(tmp_path).build([GREETING])
    assert list(tmp_path.iterdir()) == []


def test_a_recording_wins_and_a_changed_one_gets_a_new_name(tmp_path: Path) -> None:
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    file = recorded / f"{prompt_key(GREETING)}.wav"
    audio.write_wav(file, speak("Zupełnie inne słowa, dużo dłuższe od powitania.", PEOPLE["customer"]))
    spoken, store = PromptStore(tmp_path / "made"), PromptStore(tmp_path / "made", recorded)
    spoken.build([GREETING])
    store.build([GREETING])
    assert sounds(store, GREETING)[0].duration_s > 1.5 * sounds(spoken, GREETING)[0].duration_s
    first = store.path(GREETING)
    audio.write_wav(file, speak("Nowe nagranie.", PEOPLE["customer"]))
    assert PromptStore(tmp_path / "made", recorded).path(GREETING) != first


def test_diacritics_are_heard() -> None:
    voice = voice_of(GREETING)
    assert speak("Łączę, proszę czekać.", voice) != speak("Lacze, prosze czekac.", voice)


@pytest.mark.parametrize("language", ["pl", "en", "uk"])
def test_each_language_has_a_normal_and_a_slow_voice(language: str) -> None:
    text = {"pl": "Proszę czekać.", "en": "Please hold the line.", "uk": "Зачекайте, будь ласка."}[language]
    normal, slow = (speak(text, voice_of(Prompt(text, language, slow))).duration_s for slow in (False, True))
    assert slow > 1.2 * normal > 0.6


def test_a_language_nobody_speaks_is_an_error_of_the_flow(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="no voice speaks `fr`; there are en, pl, uk"):
        PromptStore(tmp_path).build([Prompt("Bonjour", "fr", slow=False)])


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(SpeechError, match="no voice xx"):
        speak("Halo", Voice("xx", "", 150))


def test_threads_take_turns_and_each_gets_its_own_words() -> None:
    texts = ["Sprzedaż.", "Rozliczenia i faktury.", "Pomoc techniczna, proszę czekać."]
    voice = voice_of(GREETING)
    alone = {text: len(speak(text, voice).pcm) for text in texts}
    together: dict[str, list[int]] = {text: [] for text in texts}

    def talk(text: str) -> None:
        together[text].extend(len(speak(text, voice).pcm) for _ in range(10))

    threads = [threading.Thread(target=talk, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for text in texts:
        assert together[text] == [pytest.approx(alone[text], rel=0.02)] * 10  # the voice's flutter, not another's words


def test_a_data_folder_with_a_long_path_is_linked_to_a_short_place(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 200)
    deep.symlink_to(espeakng_loader.get_data_path(), target_is_directory=True)
    link = short_path(deep)
    assert len(str(link)) < MAX_DATA_PATH
    assert (link / "phontab").is_file()
    program = (
        "import sys, pathlib; from ivr_flows.speech import speak, PEOPLE;"
        "print(len(speak('Halo', PEOPLE['hotline'], data=pathlib.Path(sys.argv[1])).pcm))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(deep)], capture_output=True, text=True, check=True)
    assert int(done.stdout) == pytest.approx(len(speak("Halo", PEOPLE["hotline"]).pcm), rel=0.02)


def test_missing_data_is_an_error_and_not_the_end_of_the_process(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from ivr_flows.speech import speak, PEOPLE, SpeechError\n"
        "try: speak('Halo', PEOPLE['hotline'], data=pathlib.Path(sys.argv[1]))\n"
        "except SpeechError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "absent")], capture_output=True, text=True, check=True
    )
    assert "install the espeakng-loader wheel again" in done.stdout


@pytest.mark.parametrize(("rate_hz", "voice"), [(8000, "customer"), (16_000, "consultant")])
def test_the_command_writes_a_wav_for_a_simulated_person(tmp_path: Path, rate_hz: int, voice: str) -> None:
    out = tmp_path / "out.wav"
    assert (
        speech.main(["Dzień dobry, nie działa mi internet.", str(out), "--voice", voice, "--rate-hz", str(rate_hz)])
        == 0
    )
    with wave.open(str(out)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate_hz)
    assert measure(audio.read_wav(out)).rms_dbfs == pytest.approx(audio.TARGET_DBFS, abs=2.0)


def test_the_command_says_what_went_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert speech.main(["Halo", str(tmp_path / "absent" / "out.wav")]) == 1
    assert "No such file or directory" in capsys.readouterr().err
    assert speech.main([" ", str(tmp_path / "out.wav")]) == 1
    assert "silent" in capsys.readouterr().err


def pitch_hz(sound: Sound) -> float:
    """The median over the louder frames of the lag at which 50 ms resemble themselves most, between 70 and 350 Hz."""
    samples = array.array("h", audio.resample(sound, audio.NARROW_HZ).pcm)
    frames = [samples[start : start + 400] for start in range(0, len(samples) - 400, 400)]
    energy = [sum(sample * sample for sample in frame) for frame in frames]
    found = [_lag(frame) for frame, power in zip(frames, energy, strict=True) if power > 0.3 * max(energy)]
    return 8000 / statistics.median(found)


def _lag(frame: Sequence[int]) -> int:
    """The shortest lag nearly as good as the best one: the period itself rather than two of them."""
    likeness = {
        lag: sum(a * b for a, b in zip(frame, frame[lag:], strict=False)) / (len(frame) - lag) for lag in range(23, 115)
    }
    return next(lag for lag, value in likeness.items() if value > 0.85 * max(likeness.values()))


def test_a_customer_and_a_consultant_sound_different() -> None:
    heard = {name: pitch_hz(speak("Dzień dobry, od rana nie działa internet.", v)) for name, v in PEOPLE.items()}
    print(heard)
    assert heard["customer"] > 1.3 * heard["consultant"]
    assert heard["consultant-woman"] > 1.3 * heard["customer-man"]
