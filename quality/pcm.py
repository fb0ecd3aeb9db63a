"""G.711 codes as 16-bit samples, in tables by law (0 µ, 1 A) and code [G.711]."""

from __future__ import annotations

import numpy as np


def _mu(code: int) -> int:
    code ^= 0xFF
    size = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return -size if code & 0x80 else size


def _a(code: int) -> int:
    code ^= 0x55
    segment, step = code >> 4 & 7, (code & 15) << 4
    size = step + 8 if segment == 0 else step + 264 << segment - 1
    return size if code & 0x80 else -size


SAMPLES = np.array([[_mu(code) for code in range(256)], [_a(code) for code in range(256)]], np.int64)
POWER = SAMPLES**2
CLIPPED = (np.abs(SAMPLES) == np.abs(SAMPLES).max(axis=1, keepdims=True)).astype(np.int64)
