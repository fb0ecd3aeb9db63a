"""A house whose departments never close, for the tests of flows that ask for the hours of the shipped ones."""

from ivr_flows.calendar import DAY_MINUTES, Calendar, Department, Span

_ALWAYS = Department(tuple((Span(0, DAY_MINUTES),) for _ in range(7)), None)
ALWAYS_OPEN = Calendar(dict.fromkeys(("sales", "support", "billing"), _ALWAYS))
