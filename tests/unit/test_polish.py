"""The stemmer against a table of Polish words: the forms of one word meet, and words that are not one do not."""

from __future__ import annotations

import pytest

from telephony.guidance.polish import folded, stem, stems, words

FORMS = (  # of one word each
    "faktura fakturze faktury fakturę fakturą faktur fakturach fakturami",
    "internet internetu internecie internetem",
    "klient klienta kliencie klienci klientów klientom klientami",
    "usługa usłudze usług usługi usługami",
    "umowa umowy umów umowie umową umowach",
    "telewizja telewizji telewizję telewizją",
    "dekoder dekodera dekoderze dekoderów dekoderem",
    "router routera routerze routery routerem",
    "światłowód światłowodu światłowodzie światłowodem",
    "prędkość prędkości prędkością",
    "połączenie połączenia połączeniu połączeń połączeniami połączeniem",
    "działa działać działają działał działało",
    "płatność płatności płatnościami",
    "opłata opłaty opłacie opłat opłatą",
    "kabel kabla kablem kable",
    "sygnał sygnału sygnałem sygnały",
    "awaria awarii awarię awarią",
    "numer numeru numery numerze numerów",
    "telefon telefonu telefonie telefonem telefonów telefony",
    "hasło hasła hasłem haśle",
    "pilot pilota pilotem",
    "kanał kanały kanałów kanału",
    "sieć sieci siecią",
    "karta karty kartą karcie kart",
    "rata raty rat",
    "termin terminu terminie terminy",
    "wniosek wniosku wnioski wniosków",
    "reklamacja reklamacji reklamację reklamacje",
    "abonament abonamentu abonamencie",
    "saldo salda saldzie",
    "korekta korekty korekcie",
    "przelew przelewu przelewem przelewy",
    "adres adresu adresem adresy",
    "modem modemu modemem",
    "antena anteny antenie anten",
    "obraz obrazu obrazie",
    "dźwięk dźwięku dźwiękiem",
    "ustawienia ustawień ustawieniach",
    "wyłączyć wyłączenie wyłączam",
    "wyłączony wyłączona",
    "zmiana zmiany zmianie",
    "niesłyszący niesłyszących",
    "głośnik głośnika głośniki",
    "mikrofon mikrofonu",
    "zakłócenia zakłóceń",
    "przerwa przerwy przerwie",
    "przerwy przerw",
)
OTHERS = (  # two words each
    "faktura faktycznie",
    "umowa zmowa",
    "kabel kara",
    "karta kartka",
    "rata router",
    "numer nuta",
    "sieć siedem",
    "internet internista",
    "telewizja telefon",
    "hasło halo",
    "antena antoni",
    "obraz obrót",
    "termin terminal",
    "korekta korek",
    "klient klinika",
    "abonament abordaż",
)


@pytest.mark.parametrize("forms", FORMS)
def test_all_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(folded(form)) for form in forms.split()}) == 1, [stem(folded(form)) for form in forms.split()]


@pytest.mark.parametrize("pair", OTHERS)
def test_other_words_have_other_stems(pair: str) -> None:
    one, other = pair.split()
    assert stem(folded(one)) != stem(folded(other))


def test_marks_and_capitals_say_nothing() -> None:
    assert folded("ŁÓDŹ Ćma ŻÓŁĆ") == "lodz cma zolc"
    assert words("Gdzie jest ŚWIATŁOWÓD?") == words("gdzie jest swiatlowod")


def test_what_says_nothing_is_left_out_and_numbers_stay() -> None:
    assert stems("Co zrobić, gdy nie ma sygnału na 600 Mb/s?") == [
        *(stem(each) for each in ("zrobic", "gdy", "sygnalu")), "600", "mb", "s",
    ]  # fmt: skip


def test_other_languages_keep_their_words() -> None:
    assert stems("Billing and payments", "en") == ["billing", "and", "payments"]


def test_what_is_no_word_is_left_out() -> None:
    assert words("x" * 41 + " <script>alert(1)</script> 'a' & b") == ["script", "alert", "1", "script", "a", "b"]
