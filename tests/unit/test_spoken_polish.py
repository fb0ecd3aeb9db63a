"""Polish as it is said: 2 to 4 but not 12 to 14 take the paucal, one and two the gender, ranges the genitive."""

import pytest

from ivr_flows.spoken import render
from tests.unit.spoken_cases import cases, value

TABLE = """
number | 0 | zero
number | 1 | jeden
number | 2 | dwa
number | 5 | pięć
number | -5 | minus pięć
number | 11 | jedenaście
number | 12 | dwanaście
number | 13 | trzynaście
number | 14 | czternaście
number | 21 | dwadzieścia jeden
number | 22 | dwadzieścia dwa
number | 25 | dwadzieścia pięć
number | 100 | sto
number | 101 | sto jeden
number | 102 | sto dwa
number | 103 | sto trzy
number | 999 | dziewięćset dziewięćdziesiąt dziewięć
number | 1000 | tysiąc
number | 1001 | tysiąc jeden
number | 2002 | dwa tysiące dwa
number | 5000 | pięć tysięcy
number | 12345 | dwanaście tysięcy trzysta czterdzieści pięć
number | 21000 | dwadzieścia jeden tysięcy
number | 1000000 | milion
number | 2000000 | dwa miliony
amount | 0 | zero złotych
amount | 1 | jeden grosz
amount | 2 | dwa grosze
amount | 5 | pięć groszy
amount | 11 | jedenaście groszy
amount | 12 | dwanaście groszy
amount | 14 | czternaście groszy
amount | 21 | dwadzieścia jeden groszy
amount | 22 | dwadzieścia dwa grosze
amount | 100 | jeden złoty
amount | 200 | dwa złote
amount | 500 | pięć złotych
amount | 1100 | jedenaście złotych
amount | 1200 | dwanaście złotych
amount | 2100 | dwadzieścia jeden złotych
amount | 2200 | dwadzieścia dwa złote
amount | 2500 | dwadzieścia pięć złotych
amount | 10000 | sto złotych
amount | 10102 | sto jeden złotych dwa grosze
amount | 10300 | sto trzy złote
amount | 12350 | sto dwadzieścia trzy złote pięćdziesiąt groszy
amount | 100000 | tysiąc złotych
amount | 100100 | tysiąc jeden złotych
amount | -1 | minus jeden grosz
amount | -4999 | minus czterdzieści dziewięć złotych dziewięćdziesiąt dziewięć groszy
minutes | 0 | zero minut
minutes | 1 | jedna minuta
minutes | 2 | dwie minuty
minutes | 5 | pięć minut
minutes | 11 | jedenaście minut
minutes | 12 | dwanaście minut
minutes | 13 | trzynaście minut
minutes | 14 | czternaście minut
minutes | 21 | dwadzieścia jeden minut
minutes | 22 | dwadzieścia dwie minuty
minutes | 25 | dwadzieścia pięć minut
minutes | 101 | sto jeden minut
minutes | 102 | sto dwie minuty
minutes | 103 | sto trzy minuty
minutes | 1000 | tysiąc minut
seconds | 1 | jedna sekunda
seconds | 2 | dwie sekundy
seconds | 45 | czterdzieści pięć sekund
count:person | 1 | jedna osoba
count:person | 2 | dwie osoby
count:person | 5 | pięć osób
count:person | 21 | dwadzieścia jeden osób
count:hour | 1 | jedna godzina
count:hour | 4 | cztery godziny
count:hour | 5 | pięć godzin
count:day | 1 | jeden dzień
count:day | 2 | dwa dni
count:day | 5 | pięć dni
count:day | 21 | dwadzieścia jeden dni
count:day | 22 | dwadzieścia dwa dni
count:week | 1 | jeden tydzień
count:week | 2 | dwa tygodnie
count:week | 5 | pięć tygodni
count:ticket | 1 | jedno zgłoszenie
count:ticket | 2 | dwa zgłoszenia
count:ticket | 5 | pięć zgłoszeń
count:ticket | 21 | dwadzieścia jeden zgłoszeń
count:invoice | 1 | jedna faktura
count:invoice | 2 | dwie faktury
count:invoice | 5 | pięć faktur
digits | 1 | jeden
digits | 4021 | cztery zero, dwa jeden
digits | 40217 | cztery zero dwa, jeden siedem
digits | 1234567 | jeden dwa trzy, cztery pięć, sześć siedem
ticket | HL-2026-000183 | dwa zero, dwa sześć, zero zero zero, jeden osiem trzy
phone | +48221000100 | dwa dwa jeden, zero zero zero, jeden zero zero
phone | 112 | jeden jeden dwa
date | 2026-12-24 | dwudziestego czwartego grudnia
date | 2024-02-29 | dwudziestego dziewiątego lutego
date | 2026-01-01 | pierwszego stycznia
date | 2026-03-03 | trzeciego marca
date | 2026-05-02 | drugiego maja
date | 2026-11-11 | jedenastego listopada
date | 2026-10-21 | dwudziestego pierwszego października
date_year | 2026-12-24 | dwudziestego czwartego grudnia dwa tysiące dwudziestego szóstego roku
date_year | 2000-01-01 | pierwszego stycznia dwutysięcznego roku
date_year | 1999-05-31 | trzydziestego pierwszego maja tysiąc dziewięćset dziewięćdziesiątego dziewiątego roku
date_year | 2010-01-10 | dziesiątego stycznia dwa tysiące dziesiątego roku
date_year | 2009-02-09 | dziewiątego lutego dwa tysiące dziewiątego roku
date_year | 1900-01-02 | drugiego stycznia tysiąc dziewięćsetnego roku
date_year | 2031-07-04 | czwartego lipca dwa tysiące trzydziestego pierwszego roku
time | 00:00 | północ
time | 00:30 | zero trzydzieści
time | 01:00 | pierwsza
time | 02:00 | druga
time | 03:00 | trzecia
time | 08:00 | ósma
time | 09:09 | dziewiąta zero dziewięć
time | 10:30 | dziesiąta trzydzieści
time | 11:05 | jedenasta zero pięć
time | 12:00 | dwunasta
time | 13:23 | trzynasta dwadzieścia trzy
time | 20:00 | dwudziesta
time | 21:15 | dwudziesta pierwsza piętnaście
time | 22:00 | dwudziesta druga
time | 23:59 | dwudziesta trzecia pięćdziesiąt dziewięć
at_time | 00:00 | o północy
at_time | 00:30 | o zero trzydzieści
at_time | 02:00 | o drugiej
at_time | 03:00 | o trzeciej
at_time | 11:00 | o jedenastej
at_time | 23:00 | o dwudziestej trzeciej
wait | 0 | mniej niż minutę
wait | 59 | mniej niż minutę
wait | 60 | około jednej minuty
wait | 61 | około dwóch minut
wait | 180 | około trzech minut
wait | 1260 | około dwudziestu jeden minut
wait | 3600 | około jednej godziny
wait | 3660 | około jednej godziny pięciu minut
wait | 7200 | około dwóch godzin
minutes_range | 3..5 | od trzech do pięciu minut
minutes_range | 0..1 | od zera do jednej minuty
minutes_range | 1..2 | od jednej do dwóch minut
minutes_range | 5..5 | pięć minut
minutes_range | 20..21 | od dwudziestu do dwudziestu jeden minut
minutes_range | 21..22 | od dwudziestu jeden do dwudziestu dwóch minut
minutes_range | 90..100 | od dziewięćdziesięciu do stu minut
minutes_range | 101..111 | od stu jeden do stu jedenastu minut
minutes_range | 1000..1001 | od tysiąca do tysiąca jeden minut
minutes_range | 2000..5500 | od dwóch tysięcy do pięciu tysięcy pięciuset minut
hours | 08:00..20:00 | od ósmej do dwudziestej
hours | 00:00..03:30 | od północy do trzeciej trzydzieści
moment | 2026-11-23T20:00..2026-11-23T21:00 | dzisiaj o dwudziestej pierwszej
moment | 2026-11-23T20:00..2026-11-24T08:00 | jutro o ósmej
moment | 2026-11-23T20:00..2026-11-25T11:00 | w środę o jedenastej
moment | 2026-11-23T20:00..2026-12-27T08:00 | dwudziestego siódmego grudnia o ósmej
"""


@pytest.mark.parametrize(("form", "text", "words"), cases(TABLE))
def test_spoken(form: str, text: str, words: str) -> None:
    assert render(form, value(form, text), "pl") == words
