"""Devices.xml: what is read, and what is refused."""

import pytest

from lineshaft.core.quantity import unit_named
from lineshaft.network.connectors.mtconnect import devices
from lineshaft.network.connectors.mtconnect.devices import (
    Device,
    DeviceNotFound,
    DevicesInvalid,
    parse_devices,
)
from lineshaft.network.connectors.mtconnect.units import unit_of, units


def xml(items: str) -> bytes:
    return f"<a><Device name='D' id='d' uuid='u'>{items}</Device></a>".encode()


def item(identifier: str = "i", **attributes: str) -> str:
    given = {"category": "SAMPLE", "type": "LOAD"} | attributes
    return f"<DataItem id='{identifier}' " + " ".join(f"{k}='{v}'" for k, v in given.items()) + "/>"


def test_the_shipped_machine(mazak: Device) -> None:
    assert len(mazak.items) == 65
    fact, cut = mazak.find("Fact"), mazak.find("cut_time")
    assert (fact.signal, fact.unit.code, fact.is_numeric) == ("mazak01/Fact", "FR", True)
    assert (cut.type, cut.subtype, cut.unit.code) == ("ACCUMULATED_TIME", "x:CUT", "")
    assert mazak.find("Bfrt").unit.code == "DD/MIN"
    assert not mazak.find("program").is_numeric
    assert not mazak.find("line").is_numeric
    assert mazak.find("PartCountAct").is_numeric
    assert mazak.find("Fovr").is_numeric
    assert mazak.find("Mazak01-path_19") is cut
    assert mazak.find("Mazak01:cut_time") is cut
    assert mazak.find("mtc_adapter002:cut_time") is cut
    assert mazak.find("Mazak03:cut_time") is None


@pytest.mark.parametrize("key", ["D", "d", "u"])
def test_a_device_has_three_names(key: str) -> None:
    assert parse_devices(xml(item()), key, "m").items[0].signal == "m/i"


def test_the_native_unit_is_kept() -> None:
    device = parse_devices(xml(item(units="MILLIMETER", nativeUnits="INCH")), "D", "m")
    assert device.items[0].unit.code == "INH"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a>",
        b"\xff\xfe\x00",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<!DOCTYPE a SYSTEM 'file:///etc/hostname'><a/>",
        xml("<DataItem id='i' category='SAMPLE'/>"),
        xml(item("i", name="same") + item("j", name="same")),
        b"<a>" * 100 + b"</a>" * 100,
    ],
)
def test_what_is_no_description_is_refused(data: bytes) -> None:
    with pytest.raises(DevicesInvalid):
        parse_devices(data, "D", "m")


def test_an_unknown_device_is_named() -> None:
    with pytest.raises(DeviceNotFound, match=r"'E'.*it has D"):
        parse_devices(xml(item()), "E", "m")


def test_there_are_maxima(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "DATA_ITEMS_MAX", 2)
    assert len(parse_devices(xml(item("i") + item("j")), "D", "m").items) == 2
    with pytest.raises(DevicesInvalid, match="more than 2 data items"):
        parse_devices(xml(item("i") + item("j") + item("k")), "D", "m")
    monkeypatch.setattr(devices, "DEVICES_BYTES_MAX", 10)
    with pytest.raises(DevicesInvalid, match="at most 10"):
        parse_devices(xml(item()), "D", "m")


def test_every_unit_that_claims_to_be_of_the_recommendation_is() -> None:
    for unit in units().values():
        if unit.is_rec20:
            assert (
                unit_named(unit.code).name.lower().startswith(unit.name.lower().split(" (")[0][:4])
            )
        else:
            assert "/" in unit.code or "*" in unit.code
    assert unit_of("BUSHEL").code == "BUSHEL"
    assert unit_of("").code == ""
