"""English as it is said in Britain."""

import pytest

from ivr_flows.spoken import render
from tests.unit.spoken_cases import cases, value

TABLE = """
number | 0 | zero
number | 1 | one
number | 2 | two
number | 5 | five
number | -5 | minus five
number | 11 | eleven
number | 12 | twelve
number | 13 | thirteen
number | 14 | fourteen
number | 21 | twenty-one
number | 22 | twenty-two
number | 25 | twenty-five
number | 100 | one hundred
number | 101 | one hundred and one
number | 102 | one hundred and two
number | 103 | one hundred and three
number | 999 | nine hundred and ninety-nine
number | 1000 | one thousand
number | 1001 | one thousand and one
number | 2002 | two thousand and two
number | 5000 | five thousand
number | 12345 | twelve thousand three hundred and forty-five
number | 21000 | twenty-one thousand
number | 1000000 | one million
number | 2000000 | two million
amount | 0 | zero zlotys
amount | 1 | one grosz
amount | 2 | two groszy
amount | 5 | five groszy
amount | 11 | eleven groszy
amount | 12 | twelve groszy
amount | 14 | fourteen groszy
amount | 21 | twenty-one groszy
amount | 22 | twenty-two groszy
amount | 100 | one zloty
amount | 200 | two zlotys
amount | 500 | five zlotys
amount | 1100 | eleven zlotys
amount | 1200 | twelve zlotys
amount | 2100 | twenty-one zlotys
amount | 2200 | twenty-two zlotys
amount | 2500 | twenty-five zlotys
amount | 10000 | one hundred zlotys
amount | 10102 | one hundred and one zlotys and two groszy
amount | 10300 | one hundred and three zlotys
amount | 12350 | one hundred and twenty-three zlotys and fifty groszy
amount | 100000 | one thousand zlotys
amount | 100100 | one thousand and one zlotys
amount | -1 | minus one grosz
amount | -4999 | minus forty-nine zlotys and ninety-nine groszy
minutes | 0 | zero minutes
minutes | 1 | one minute
minutes | 2 | two minutes
minutes | 5 | five minutes
minutes | 11 | eleven minutes
minutes | 12 | twelve minutes
minutes | 13 | thirteen minutes
minutes | 14 | fourteen minutes
minutes | 21 | twenty-one minutes
minutes | 22 | twenty-two minutes
minutes | 25 | twenty-five minutes
minutes | 101 | one hundred and one minutes
minutes | 102 | one hundred and two minutes
minutes | 103 | one hundred and three minutes
minutes | 1000 | one thousand minutes
seconds | 1 | one second
seconds | 2 | two seconds
seconds | 45 | forty-five seconds
count:person | 1 | one person
count:person | 2 | two people
count:person | 5 | five people
count:person | 21 | twenty-one people
count:hour | 1 | one hour
count:hour | 4 | four hours
count:hour | 5 | five hours
count:day | 1 | one day
count:day | 2 | two days
count:day | 5 | five days
count:day | 21 | twenty-one days
count:day | 22 | twenty-two days
count:week | 1 | one week
count:week | 2 | two weeks
count:week | 5 | five weeks
count:ticket | 1 | one ticket
count:ticket | 2 | two tickets
count:ticket | 5 | five tickets
count:ticket | 21 | twenty-one tickets
count:invoice | 1 | one invoice
count:invoice | 2 | two invoices
count:invoice | 5 | five invoices
digits | 1 | one
digits | 4021 | four zero, two one
digits | 40217 | four zero two, one seven
digits | 1234567 | one two three, four five, six seven
ticket | HL-2026-000183 | two zero, two six, zero zero zero, one eight three
phone | +48221000100 | two two one, zero zero zero, one zero zero
phone | 112 | one one two
date | 2026-12-24 | the twenty-fourth of December
date | 2024-02-29 | the twenty-ninth of February
date | 2026-01-01 | the first of January
date | 2026-03-03 | the third of March
date | 2026-05-02 | the second of May
date | 2026-11-11 | the eleventh of November
date | 2026-10-21 | the twenty-first of October
date_year | 2026-12-24 | the twenty-fourth of December twenty twenty-six
date_year | 2000-01-01 | the first of January two thousand
date_year | 1999-05-31 | the thirty-first of May nineteen ninety-nine
date_year | 2010-01-10 | the tenth of January twenty ten
date_year | 2009-02-09 | the ninth of February two thousand and nine
date_year | 1900-01-02 | the second of January nineteen hundred
date_year | 2031-07-04 | the fourth of July twenty thirty-one
time | 00:00 | midnight
time | 00:30 | twelve thirty a.m.
time | 01:00 | one a.m.
time | 02:00 | two a.m.
time | 03:00 | three a.m.
time | 08:00 | eight a.m.
time | 09:09 | nine oh nine a.m.
time | 10:30 | ten thirty a.m.
time | 11:05 | eleven oh five a.m.
time | 12:00 | noon
time | 13:23 | one twenty-three p.m.
time | 20:00 | eight p.m.
time | 21:15 | nine fifteen p.m.
time | 22:00 | ten p.m.
time | 23:59 | eleven fifty-nine p.m.
at_time | 00:00 | at midnight
at_time | 00:30 | at twelve thirty a.m.
at_time | 02:00 | at two a.m.
at_time | 03:00 | at three a.m.
at_time | 11:00 | at eleven a.m.
at_time | 23:00 | at eleven p.m.
wait | 0 | less than a minute
wait | 59 | less than a minute
wait | 60 | about one minute
wait | 61 | about two minutes
wait | 180 | about three minutes
wait | 1260 | about twenty-one minutes
wait | 3600 | about one hour
wait | 3660 | about one hour five minutes
wait | 7200 | about two hours
minutes_range | 3..5 | from three to five minutes
minutes_range | 0..1 | from zero to one minute
minutes_range | 1..2 | from one to two minutes
minutes_range | 5..5 | five minutes
minutes_range | 20..21 | from twenty to twenty-one minutes
minutes_range | 21..22 | from twenty-one to twenty-two minutes
minutes_range | 90..100 | from ninety to one hundred minutes
minutes_range | 101..111 | from one hundred and one to one hundred and eleven minutes
minutes_range | 1000..1001 | from one thousand to one thousand and one minutes
minutes_range | 2000..5500 | from two thousand to five thousand five hundred minutes
hours | 08:00..20:00 | from eight a.m. to eight p.m.
hours | 00:00..03:30 | from midnight to three thirty a.m.
moment | 2026-11-23T20:00..2026-11-23T21:00 | today at nine p.m.
moment | 2026-11-23T20:00..2026-11-24T08:00 | tomorrow at eight a.m.
moment | 2026-11-23T20:00..2026-11-25T11:00 | on Wednesday at eleven a.m.
moment | 2026-11-23T20:00..2026-12-27T08:00 | the twenty-seventh of December at eight a.m.
"""


@pytest.mark.parametrize(("form", "text", "words"), cases(TABLE))
def test_spoken(form: str, text: str, words: str) -> None:
    assert render(form, value(form, text), "en") == words
