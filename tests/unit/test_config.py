"""Settings: defaults, voc.toml, options, and errors that name the key, the file and the nearest known key."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.config import config_template, load_config, toml_value, write_config
from voc.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "voc.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_apply_without_a_file(tmp_path: Path) -> None:
    config = load_config(tmp_path)
    assert config == load_config(None)
    assert (config.general.timezone, config.report.language, config.ingest.max_reject_share) == ("UTC", "en", 0.05)
    assert {origin for _, _, origin in config.items()} == {"default"}


def test_file_overrules_default_and_option_overrules_file(tmp_path: Path) -> None:
    path = write(tmp_path, "[report]\nquotes = 5\nlanguage = 'zh-Hant'\n[ingest]\nmax_reject_share = 1\n")
    config = load_config(tmp_path, {"report.quotes": 7, "general.model": None})
    assert (config.report.quotes, config.origin("report.quotes")) == (7, "option")
    assert (config.report.language, config.origin("report.language")) == ("zh-Hant", str(path))
    assert config.ingest.max_reject_share == 1.0
    assert isinstance(config.ingest.max_reject_share, float)
    assert config.origin("general.model") == "default"


@pytest.mark.parametrize("text", ['timezone = "Asia/Taipei"', '[general]\ntimezone = "Asia/Taipei"'])
def test_general_settings_need_no_section(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert str(load_config(tmp_path).zone) == "Asia/Taipei"


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ("[themes]\nwindow_week = 3", "themes.window_week", "themes.window_weeks"),
        ('timezon = "UTC"', "timezon", "general.timezone"),
        ("quotes = 3", "quotes", "report.quotes"),
        ("[raport]\nquotes = 3", "raport", "[report]"),
    ],
)
def test_unknown_key_names_key_file_and_nearest(tmp_path: Path, text: str, key: str, near: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert repr(key) in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint == f"Did you mean {near}?"
    assert caught.value.exit_code == 2


def test_unknown_key_without_a_neighbour_lists_all(tmp_path: Path) -> None:
    write(tmp_path, "xyzzy = 1")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    for key, _, _ in load_config(None).items():
        assert key in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[report]\nquotes = true", "True, not a whole number"),
        ("[report]\nquotes = 2.5", "2.5, not a whole number"),
        ("[report]\nquotes = 0", "from 1 to 20"),
        ("[report]\npdf = 'no'", "'no', not true or false"),
        ("[report]\nlanguage = 'de'", "one of en, zh-Hans, zh-Hant"),
        ("timezone = 8", "8, not a text"),
        ("timezone = 'Mars/Olympus'", "no such zone"),
        ("timezone = '../etc/passwd'", "no such zone"),
        ("model = ''", "names no model"),
        ("threads = -1", "from 0 to 1024"),
        ("device = 'tpu'", "cpu, cuda, cuda:N or auto"),
        ("quality = 'best'", "one of fast, balanced, full"),
        ("engine = 'spark'", "one of local, ray"),
        ("address = 'ray://head'", "auto or host:port"),
        ("[ingest]\nmax_reject_share = '5%'", "'5%', not a number"),
        ("[ingest]\nmax_reject_share = nan", "from 0 to 1"),
        ("[ingest]\nmax_reject_share = 1.01", "from 0 to 1"),
        ("general = 3", "unknown key 'general'"),
        ("timezone = 'UTC'\n[general]\ntimezone = 'UTC'", "twice"),
        ("timezone = UTC", "not TOML"),
    ],
)
def test_wrong_values_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert message in caught.value.message
    assert str(path) in caught.value.message


def test_overrides_are_checked_too() -> None:
    with pytest.raises(ConfigError, match=r"themes\.max_theme'") as caught:
        load_config(None, {"themes.max_theme": 3})
    assert caught.value.hint == "Did you mean themes.max_themes?"
    with pytest.raises(ConfigError, match="the options"):
        load_config(None, {"themes.max_themes": "many"})


def test_byte_order_mark_is_read_and_other_encodings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "voc.toml").write_bytes(b"\xef\xbb\xbf" + 'company = "海湾酒店"'.encode())
    assert load_config(tmp_path).general.company == "海湾酒店"
    (tmp_path / "voc.toml").write_bytes('company = "海湾酒店"'.encode("gb18030"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path)


def test_template_changes_nothing_until_a_setting_is_uncommented(tmp_path: Path) -> None:
    assert write_config(tmp_path)
    path = tmp_path / "voc.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [key for key, _, origin in load_config(tmp_path).items() if origin != "default"] == []
    for key, value, _ in load_config(None).items():
        name = key.split(".")[1]
        assert f"\n#{name} = " in config_template(), (key, value)
    path.write_text(path.read_text("utf-8").replace('#timezone = "UTC"', 'timezone = "Asia/Tokyo"'), "utf-8")
    assert load_config(tmp_path).general.timezone == "Asia/Tokyo"
    assert not write_config(tmp_path)
    assert load_config(tmp_path).general.timezone == "Asia/Tokyo"


def test_defaults_file_is_itself_a_valid_file(tmp_path: Path) -> None:
    text = resources.files("voc").joinpath("defaults.toml").read_text("utf-8")
    write(tmp_path, text)
    by_file = {key: value for key, value, _ in load_config(tmp_path).items()}
    by_default = {key: value for key, value, _ in load_config(None).items()}
    assert by_file == by_default
    assert len(by_default) == sum(len(section) for section in tomllib.loads(text).values())


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_settings_or_a_config_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("config")
    (folder / "voc.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load_config(folder)
    except ConfigError as error:
        assert "voc.toml" in error.message


def test_lists_of_names(tmp_path: Path) -> None:
    assert load_config(None).ingest.agents == ()
    write(tmp_path, '[ingest]\nagents = ["Maria", "客服一号"]\n')
    config = load_config(tmp_path, {"ingest.customers": ["Jo"]})
    assert (config.ingest.agents, config.ingest.customers) == (("Maria", "客服一号"), ("Jo",))
    assert toml_value(config.ingest.agents) == '["Maria", "客服一号"]'


@pytest.mark.parametrize("value", ["'Maria'", "[1]", "[['Maria']]", "3"])
def test_a_list_of_names_holds_texts(tmp_path: Path, value: str) -> None:
    write(tmp_path, f"[ingest]\nagents = {value}\n")
    with pytest.raises(ConfigError, match="not a list of texts"):
        load_config(tmp_path)
