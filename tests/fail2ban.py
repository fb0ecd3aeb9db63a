"""What fail2ban would do with lines of Asterisk's security log, by the filter that comes along: its expression in `re`.

fail2ban takes the date away, then searches the expression, whose `<HOST>` is an address (fail2ban/server/failregex.py).
"""

from __future__ import annotations

import configparser
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "config" / "fail2ban"
DATE = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\]")  # the filter's datepattern
ADDRESS = r"(?P<host>[0-9a-fA-F:.]+)"


def read(name: str) -> configparser.ConfigParser:
    """One of the files. Errors: configparser.Error."""
    parser = configparser.ConfigParser()
    parser.read_string((FOLDER / name).read_text("utf-8"))
    return parser


def banned(line: str) -> str | None:
    """The address to which a line is counted."""
    expression = read("filter.d/hotline-asterisk.conf").get("Definition", "failregex", raw=True)
    found = re.search(expression.replace("<HOST>", ADDRESS), DATE.sub("", line, count=1))
    return found["host"] if found and DATE.match(line) else None
