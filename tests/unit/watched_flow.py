"""A flow of the tests' own for everything that draws and watches flows: what operators change does not change it."""

from pathlib import Path

from ivr_flows import Flow, load

TEXT = """\
flow: general
language: pl
start: greeting
person: person

menu_words:
  closing: "Rozmowa z konsultantem: zero. Powtórzenie: gwiazdka."
  wrong_key: "Nie ma takiej opcji."

nodes:
  greeting:
    type: say
    say: "Dzień dobry, tu MARSOFT."
    next: profile

  profile:
    type: branch
    when:
      - {if: {accessibility: true}, next: departments_slowly}
    otherwise: departments

  departments:
    type: menu
    choices:
      1: {say: "Sprzedaż: jeden.", next: sales}
      2: {say: "Pomoc techniczna: dwa.", next: support}
      3: {say: "Rozliczenia i faktury: trzy.", next: billing}
      9: {say: "Osoby ze szczególnymi potrzebami: dziewięć.", next: unhurried}
    timeout_s: 6
    attempts: 2

  unhurried:
    type: set
    accessibility: true
    next: departments_slowly

  departments_slowly:
    type: menu
    say: "Proszę się nie spieszyć."
    choices:
      1: {say: "Sprzedaż: jeden.", next: sales}
      2: {say: "Pomoc techniczna: dwa.", next: support}
      3: {say: "Rozliczenia i faktury: trzy.", next: billing}
    timeout_s: 8
    attempts: 2

  sales:
    type: line
    say: "Łączę z działem sprzedaży. Proszę czekać."
    queue: sales

  support:
    type: line
    say: "Łączę z pomocą techniczną. Proszę czekać."
    queue: support

  billing:
    type: line
    say: "Łączę z działem rozliczeń. Proszę czekać."
    queue: billing

  person:
    type: line
    say: "Łączę z konsultantem. Proszę czekać."
    queue: support
"""


def watched_flow(folder: Path) -> Flow:
    """Loaded from `general.yaml`, which is written into the folder."""
    path = folder / "general.yaml"
    path.write_text(TEXT, "utf-8")
    return load(path)
