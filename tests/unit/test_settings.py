"""The settings: the shipped file, merging, the environment, and messages that tell what to mend."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel

from telephony.core.account import Account
from telephony.core.ids import QueueName
from telephony.core.rules import Boost, Relaxation
from telephony.office_settings import Complaints
from telephony.queue_settings import Queue
from telephony.settings import AsteriskNode, Settings, load
from telephony.settings_types import Listen, SettingsError
from telephony.site_settings import Site

SHIPPED = Path(__file__).parents[2] / "config" / "hotline.toml"
SECRETS = '[[asterisk]]\nname = "node-1"\nsecret = "s3cret"\n[queues.support]\nwrap_up_s = 3\n'


def test_the_shipped_file_and_secrets_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "secrets.toml"
    own.write_text(SECRETS)
    settings = load([SHIPPED, own])
    assert settings.console_listen == Listen("127.0.0.1", 8480)
    assert settings.numbers["+48220000116"].accessibility
    assert settings.rules.of(QueueName("support")).wrap_up_s == 3
    assert settings.rules.of(QueueName("support")).max_wait_s == 1200
    assert settings.asterisk[0].secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)


def test_the_order_of_a_queue_is_in_its_file_and_relaxations_stand_by_time(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        "[queues.support]\nboosts = {outage = 60, complaint = 90}\nboost_cap_s = 100\nreserve = 2\n"
        "relax = [{after_s = 180, skill = 'support', instead = 'billing'}, "
        "{after_s = 60, skill = 'support', level = 2}]"
    )
    rules = load([SHIPPED, own]).rules.of(QueueName("support"))
    assert rules.relax == (Relaxation(60, "support", 2), Relaxation(180, "support", 1, "billing"))
    assert rules.boost_s(frozenset({Boost.OUTAGE, Boost.COMPLAINT, Boost.REPEAT})) == 100
    assert rules.reserve == 2


def test_the_page_about_the_line_shows_settings_that_hold(tmp_path: Path) -> None:
    page = (SHIPPED.parents[1] / "docs" / "line.md").read_text()
    (tmp_path / "line.toml").write_text(page.split("```toml")[1].split("```")[0])
    rules = load([SHIPPED, tmp_path / "line.toml"]).rules.of(QueueName("support"))
    assert [each.instead for each in rules.relax] == [None, "billing"]


def test_skills_that_stand_here_are_those_of_the_agent(tmp_path: Path) -> None:
    (tmp_path / "agents.toml").write_text("[agents.anna]\nskills = {support = 3, accessibility = 1}")
    settings = load([SHIPPED, tmp_path / "agents.toml"])
    assert settings.skilled(Account("anna", "Anna", "", skills={"sales": 1})).skills == {
        "support": 3,
        "accessibility": 1,
    }
    assert settings.skilled(Account("ewa", "Ewa", "", skills={"sales": 1})).skills == {"sales": 1}


def test_departments_are_those_of_the_account_or_the_queues_among_its_skills() -> None:
    settings = load([SHIPPED])
    all_round = Account("anna", "Anna", "", skills={"billing": 1, "sales": 2, "english": 2})
    assert settings.skilled(all_round).departments == ("sales", "billing")
    assert settings.skilled(replace(all_round, departments=("billing",))).departments == ("billing",)


def test_a_proxy_before_the_console_is_named_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "hotline.toml"
    file.write_text('[console]\norigins = ["https://konsola.example.pl"]\nproxies = ["192.0.2.20", "2001:db8::1"]\n')
    site = load([file]).console
    assert site.origins == ("https://konsola.example.pl",)
    assert list(map(str, site.proxies)) == ["192.0.2.20", "2001:db8::1"]
    file.write_text('[console]\norigins = ["konsola.example.pl/"]\n')
    with pytest.raises(SettingsError, match="origins"):
        load([file])


def test_each_node_may_have_a_file_of_its_own_and_be_said_again(tmp_path: Path) -> None:
    files = []
    for place, (name, port) in enumerate((("one", 1), ("two", 2), ("one", 3))):
        files.append(tmp_path / f"{place}.toml")
        files[-1].write_text(f'[[asterisk]]\nname = "{name}"\nami_port = {port}\nsecret = "s"\n')
    assert [(node.name, node.ami_port) for node in load(files).asterisk] == [("two", 2), ("one", 3)]


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_CONSOLE_LISTEN", "[::1]:9000")
    monkeypatch.setenv("HOTLINE_POP__PAINT_S", "0.5")
    settings = load([SHIPPED])
    assert settings.console_listen == Listen("::1", 9000)
    assert settings.pop.paint_s == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("console_listen = 'here'", "console_listen: Value error, 'here' is not host:port"),
        ("consol_listen = 'a:1'", "consol_listen: Extra inputs are not permitted"),
        ("[numbers.'500&PJSIP/x']\nflow = 'general'", "String should match pattern"),
        ("[queues.support]\ntitle = 'x'\nring_timeout_s = 1", "queues.support.ring_timeout_s"),
        ("[queues.support]\ntitle = 'x'\nboosts = {luck = 10}", "queues.support.boosts.luck"),
        ("[queues.support]\ntitle = 'x'\nboosts = {outage = 601}", "queues.support.boosts.outage"),
        ("[queues.support]\ntitle = 'x'\nboost_cap_s = 601", "queues.support.boost_cap_s"),
        ("[queues.support]\ntitle = 'x'\nmax_wait_s = inf", "queues.support.max_wait_s"),
        ("[queues.support]\ntitle = 'x'\nrelax = [{after_s = nan, skill = 'x'}]", "queues.support.relax.0.after_s"),
        ("[queues.support]\ntitle = 'x'\nreserve = -1", "queues.support.reserve"),
        ("[agents.anna]\nskills = {support = 0}", "agents.anna.skills.support"),
        ("no toml", "is not TOML"),
    ],
)
def test_errors_name_the_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "hotline.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        load([path])
    assert message in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read"):
        load([tmp_path / "nowhere.toml"])


def test_the_database_as_hosting_services_name_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HOTLINE_DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql:///common")
    assert load([SHIPPED]).database_url.get_secret_value() == "postgresql:///common"
    own = tmp_path / "own.toml"
    own.write_text('database_url = "postgresql:///file"')
    assert load([SHIPPED, own]).database_url.get_secret_value() == "postgresql:///file"
    monkeypatch.setenv("HOTLINE_DATABASE_URL", "postgresql:///ours")
    assert load([SHIPPED, own]).database_url.get_secret_value() == "postgresql:///ours"


def test_transfer_numbers_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "hotline.toml"
    path.write_text('transfer_numbers = ["+48220000900"]')
    assert load([path]).transfer_numbers == ("+48220000900",)
    path.write_text('transfer_numbers = ["_X."]')
    with pytest.raises(SettingsError, match=r"transfer_numbers\.0"):
        load([path])


@pytest.mark.parametrize("part", [Settings, Site, Queue, AsteriskNode, Complaints])
def test_the_shipped_file_names_every_setting(part: type[BaseModel]) -> None:
    words = set(re.findall(r"[a-z_]+", SHIPPED.read_text("utf-8")))
    assert part.model_fields.keys() - words <= {"username"}  # the manager's account, as asterisk-config writes it
