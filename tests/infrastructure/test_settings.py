"""Four sources, one order, all or nothing."""

from pathlib import Path

import pytest

from lineshaft.core.errors import Invalid
from lineshaft.infrastructure.settings import Settings, describe_settings, load_settings


def test_defaults_live_in_the_data_directory(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/hub.sqlite"
    assert settings.files_dir == tmp_path / "store"
    assert settings.listen_host == "127.0.0.1"
    assert (settings.commit_ms, settings.commit_readings_max) == (50, 100_000)
    assert settings.seal_s == settings.beat_s == 10


def test_later_sources_win(tmp_path: Path) -> None:
    (tmp_path / "lineshaft.toml").write_text("seal_s = 1\nbeat_s = 2\ncommit_ms = 3\n")
    environment = {
        "LINESHAFT_DATA_DIR": str(tmp_path),
        "LINESHAFT_BEAT_S": "20",
        "LINESHAFT_COMMIT_MS": "30",
        "HOME": "/root",
    }
    settings = load_settings(environment, commit_ms=300, http_port=None)
    assert (settings.seal_s, settings.beat_s, settings.commit_ms) == (1, 20, 300)
    assert settings.http_port == 0
    assert settings.data_dir == tmp_path


def test_a_child_process_gets_the_same_settings(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, http_port=8_080, log_level="debug")
    assert load_settings(settings.to_environment()) == settings


def test_every_setting_is_described() -> None:
    described = describe_settings()
    assert [one.name for one in described] == list(Settings.__dataclass_fields__)
    for one in described:
        assert one.help.endswith(".")
        assert one.environment == f"LINESHAFT_{one.name.upper()}"
        assert one.unit or "whole number" not in one.kind


@pytest.mark.parametrize(
    ("environment", "explicit", "message"),
    [
        (
            {"LINESHAFT_HTTP_PORT": "99999"},
            {},
            "http_port = '99999' from the environment variable LINESHAFT_HTTP_PORT: expected",
        ),
        ({"LINESHAFT_HTTP_PORT": "-1"}, {}, "expected a whole number from 0"),
        ({"LINESHAFT_HTTP_PORT": ""}, {}, "expected a whole number from 0"),
        ({"LINESHAFT_HTTP_PRT": "1"}, {}, "no such setting; did you mean http_port?"),
        ({}, {"http_port": True}, "http_port = True from the option http_port"),
        ({}, {"log_level": "loud"}, "expected debug or info or warning or error"),
        ({}, {"commit_ms": 0}, "expected a whole number from 1 to 10000"),
        ({}, {"data_dir": ""}, "expected a path"),
    ],
)
def test_a_wrong_setting_is_one_clear_message(
    environment: dict[str, str], explicit: dict[str, object], message: str
) -> None:
    with pytest.raises(Invalid) as caught:
        load_settings(environment, **explicit)
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("seal_s = 1.5", "seal_s = 1.5 from the file"),
        ("seal = 1", "no such setting"),
        ("seal_s = ", "cannot read the settings file"),
        ('data_dir = "/elsewhere"', "found through the data directory"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "lineshaft.toml"
    file.write_text(content)
    with pytest.raises(Invalid) as caught:
        load_settings({}, data_dir=tmp_path)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_secrets_do_not_show(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, bus="nats://hub:s3cret@127.0.0.1:4222")
    assert "s3cret" not in repr(settings)
    with pytest.raises(Invalid) as caught:
        load_settings({}, database=["s3cret"])
    assert "s3cret" not in str(caught.value)


def test_nothing_is_made_by_reading_settings(tmp_path: Path) -> None:
    load_settings({}, data_dir=tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
