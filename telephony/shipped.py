"""Where the configuration lies that comes along: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

from pathlib import Path

_CHECKOUT = Path(__file__).parents[1] / "config"
CONFIG_FOLDER = _CHECKOUT if _CHECKOUT.is_dir() else Path(__file__).parent / "_config"
