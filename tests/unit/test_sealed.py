"""Sealed files: what was written comes back, any part of it, and nothing that was done to a file goes unseen."""

from __future__ import annotations

import io
import random

import pytest

from telephony.vault.sealed import CHUNK_BYTES, HEADER_BYTES, KEY_BYTES, TAG_BYTES, BrokenSealError, Sealed, Sealer

KEY, OTHER = bytes(range(KEY_BYTES)), bytes(KEY_BYTES)
WHOLE = CHUNK_BYTES + TAG_BYTES


def sealed(content: bytes, key: bytes = KEY, name: str = "a", pieces: int = 10_007) -> bytes:
    out = io.BytesIO()
    sealer = Sealer(out, key, name)
    for start in range(0, len(content), pieces):
        sealer.write(content[start : start + pieces])
    sealer.close()
    return out.getvalue()


def opened(raw: bytes, key: bytes = KEY, name: str = "a") -> bytes:
    return b"".join(Sealed(io.BytesIO(raw), key, name).parts())


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 200_000])
def test_what_was_sealed_comes_back_however_it_was_written(size: int) -> None:
    content = random.Random(size).randbytes(size)
    for pieces in (997, CHUNK_BYTES, size + 1):
        raw = sealed(content, pieces=pieces)
        assert Sealed(io.BytesIO(raw), KEY, "a").size == size
        assert opened(raw) == content
    assert content[:20] not in raw or size < 20


def test_any_part_is_read_without_the_rest() -> None:
    rng = random.Random(1)
    content = rng.randbytes(3 * CHUNK_BYTES + 77)
    file = Sealed(io.BytesIO(sealed(content)), KEY, "a")
    for _ in range(200):
        start, length = rng.randrange(len(content) + 10), rng.randrange(2 * CHUNK_BYTES)
        assert file.read(start, length) == content[start : start + length]


def test_the_same_is_never_sealed_to_the_same() -> None:
    assert sealed(b"tak") != sealed(b"tak")


def test_any_changed_byte_is_found() -> None:
    raw = sealed(random.Random(2).randbytes(2 * CHUNK_BYTES + 5))
    for place in (0, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + WHOLE, len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(BrokenSealError):
            opened(bytes(changed))


@pytest.mark.parametrize("left", [0, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 1, WHOLE, HEADER_BYTES + 2 * WHOLE])
def test_a_file_that_was_cut_off_is_found_when_it_is_opened(left: int) -> None:
    raw = sealed(random.Random(3).randbytes(2 * CHUNK_BYTES + 5))
    with pytest.raises(BrokenSealError):
        Sealed(io.BytesIO(raw[:left]), KEY, "a")


def test_chunks_that_changed_places_or_files_are_found() -> None:
    content = random.Random(4).randbytes(3 * CHUNK_BYTES)
    raw, again = sealed(content), sealed(content)
    first, second = slice(HEADER_BYTES, HEADER_BYTES + WHOLE), slice(HEADER_BYTES + WHOLE, HEADER_BYTES + 2 * WHOLE)
    swapped = raw[:HEADER_BYTES] + raw[second] + raw[first] + raw[HEADER_BYTES + 2 * WHOLE :]
    foreign = raw[:HEADER_BYTES] + again[first] + raw[HEADER_BYTES + WHOLE :]
    longer = raw + raw[first]
    for bad in (swapped, foreign, longer):
        with pytest.raises(BrokenSealError, match="chunk"):
            opened(bad)


def test_a_file_opens_under_its_own_name_and_key_alone() -> None:
    raw = sealed(b"tak")
    assert opened(raw) == b"tak"
    for key, name in ((OTHER, "a"), (KEY, "b")):
        with pytest.raises(BrokenSealError):
            opened(raw, key, name)
