"""Tables of what is said: lines of `format | value | words`; `3..5` is a range, of numbers, times or datetimes."""

from datetime import datetime, time

from ivr_flows.spoken import Value


def cases(table: str) -> list[tuple[str, str, str]]:
    rows = [tuple(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines()]
    return [(form, text, words) for form, text, words in rows]


def value(form: str, text: str) -> Value:
    if ".." not in text:
        return text
    low, high = text.split("..")
    match form:
        case "hours":
            return time.fromisoformat(low), time.fromisoformat(high)
        case "moment":
            return datetime.fromisoformat(low), datetime.fromisoformat(high)
    return int(low), int(high)
