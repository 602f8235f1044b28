"""What verify finds, and what it says that it cannot know."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.segment.block import decode_block
from lineshaft.services.billing.rendering.model import MediaType
from lineshaft.services.evidence import signatures
from lineshaft.services.evidence.errors import WrongEvidence
from lineshaft.services.evidence.model import Report, Verdict
from lineshaft.services.evidence.verify import HTML, JSON, PDF, media_type_of, verify
from tests.services.evidence.flips import TINY
from tests.services.evidence.world import (
    CUTTING,
    HOUR_US,
    PERIOD,
    SECRET,
    SECRET_TEXT,
    Recorder,
    World,
    make_world,
    rendered,
    sign_bundle,
    sign_envelope,
)

CARRIERS = [MediaType.HTML, MediaType.PDF]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


def check(world: World) -> Report:
    return verify(world.document, JSON, world.keys, bundle=world.bundle)


def first_failure(report: Report) -> str:
    assert report.verdict is Verdict.WRONG, report
    assert report.exit_code == 1
    return f"{report.failures[0].name}: {report.failures[0].detail}"


def failures(report: Report) -> set[str]:
    return {check.name for check in report.failures}


# ---- what is right


def test_a_document_with_its_bundle_is_proven(world: World) -> None:
    report = check(world)
    assert (report.verdict, report.exit_code) == (Verdict.PROVEN, 0), report
    assert [limit.detail for limit in report.limits] == [
        "other sources of these series are not known to me"
    ]


def test_without_the_bundle_it_is_authentic_and_not_recomputed(world: World) -> None:
    report = verify(world.document, JSON, world.keys)
    assert report.exit_code == 3
    assert [check.detail for check in report.unchecked] == [
        "document authentic, usage not recomputed: no evidence bundle was given"
    ]


def test_an_electronic_invoice_carries_no_document_to_verify(world: World) -> None:
    """EN 16931 has no place for JSON: its record is checked with INVOICE.json beside it."""
    data, record = rendered(world.document, MediaType.UBL)
    report = verify(data, MediaType.UBL, world.keys, bundle=world.bundle, rendering=record)
    assert first_failure(report) == "file: cannot read application/xml: expected JSON, HTML or PDF"


@pytest.mark.parametrize("media_type", CARRIERS)
def test_a_rendering_with_its_record_is_proven(world: World, media_type: MediaType) -> None:
    data, record = rendered(world.document, media_type)
    report = verify(data, media_type, world.keys, bundle=world.bundle, rendering=record)
    assert report.exit_code == 0, report


@pytest.mark.parametrize("media_type", CARRIERS)
def test_without_the_record_the_look_of_a_page_is_unchecked(
    world: World, media_type: MediaType
) -> None:
    data, _ = rendered(world.document, media_type)
    report = verify(data, media_type, world.keys, bundle=world.bundle)
    assert report.exit_code == 3
    assert [check.name for check in report.unchecked] == ["rendering"]


def test_a_page_that_shows_another_amount_is_found(world: World) -> None:
    data, record = rendered(world.document, MediaType.HTML)
    total = world.content()["totals"]["gross"].encode()
    before, _, behind = data.partition(total)
    forged = before + b"1.00" + behind
    assert forged != data
    report = verify(forged, HTML, world.keys, bundle=world.bundle, rendering=record)
    assert failures(report) == {"rendering"}


def test_the_record_of_another_rendering_is_found(world: World) -> None:
    data, _ = rendered(world.document, MediaType.PDF)
    _, record = rendered(world.document, MediaType.HTML)
    assert "media type" in first_failure(verify(data, PDF, world.keys, rendering=record))


@pytest.mark.parametrize(
    ("name", "media_type"), [("a.JSON", JSON), ("x.html", HTML), ("p.pdf", PDF)]
)
def test_the_name_tells_the_media_type(name: str, media_type: str) -> None:
    assert media_type_of(name) == media_type


def test_a_name_that_tells_nothing_is_refused() -> None:
    with pytest.raises(WrongEvidence, match=r"\.json, \.html or \.pdf"):
        media_type_of("invoice.docx")


# ---- a hub that lies: every signature is right, the content is not


def test_a_line_that_does_not_follow_is_named(world: World) -> None:
    content = world.content()
    content["lines"][1]["amount"] = "1.00"
    report = check(world.resigned(lines=content["lines"]))
    assert {"totals", "rating"} <= failures(report)
    rating = next(check for check in report.failures if check.name == "rating")
    assert rating.detail.startswith('line 2 (cutting-time), amount: the document says "1.00"')


def test_a_sum_that_is_off_by_a_cent_is_found(world: World) -> None:
    totals = world.content()["totals"]
    assert totals["gross"].endswith(("0", "1", "2", "3", "4", "5", "6", "7", "8"))
    totals["gross"] = f"{totals['gross'][:-1]}{int(totals['gross'][-1]) + 1}"
    assert first_failure(check(world.resigned(totals=totals))).startswith("totals: gross is")


def test_usage_that_does_not_follow_from_the_readings_is_named(world: World) -> None:
    usage = world.content()["usage"]
    usage[0]["quantity"]["amount"] = "28801"
    report = check(world.resigned(usage=usage))
    found = next(c for c in report.failures if c.name == "usage 1 (cutting-time)")
    assert found.detail == ('quantity, amount: the document says "28801", computed is "28800"')
    assert "usage 2 (execution)" not in failures(report)


def test_a_changed_reading_is_named_and_the_other_meter_still_holds(world: World) -> None:
    proofs = list(world.proofs)
    place = next(i for i, proof in enumerate(proofs) if proof.signal == CUTTING)
    block = bytearray(proofs[place].block)
    block[-1] ^= 1
    proofs[place] = replace(proofs[place], block=bytes(block))
    report = check(world.with_proofs(proofs))
    assert first_failure(report) == (
        "readings: segment 1 of edge-1/1, mazak01/cut_time readings 1 to 7: these are not the "
        "readings that the source signed"
    )
    assert not {name for name in failures(report) if name.startswith("usage 2")}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (3, "mazak01/cut_time from edge-1/1: readings 21 to 28 are missing before segment 5"),
        (-1, "mazak01/cut_time from edge-1/1: readings 55 to 55 are missing at the end"),
        (0, "mazak01/cut_time from edge-1/1: readings 1 to 7 are missing before segment 2"),
    ],
)
def test_a_dropped_block_is_found(world: World, place: int, said: str) -> None:
    dropped = [proof for proof in world.proofs if proof.signal == CUTTING][place]
    report = check(world.with_proofs([proof for proof in world.proofs if proof is not dropped]))
    found = next(c for c in report.failures if c.name == "usage 1 (cutting-time) evidence")
    assert found.detail.startswith(said)


def test_a_dropped_correction_is_found(world: World) -> None:
    """A correction is a record with an ordinal like any other, in a block that is named."""
    with_correction = [
        proof
        for proof in world.proofs
        if proof.signal == CUTTING and 1 in decode_block(proof.block).kind.tolist()
    ]
    assert len(with_correction) == 1
    proofs = [proof for proof in world.proofs if proof is not with_correction[0]]
    report = check(world.with_proofs(proofs))
    assert "usage 1 (cutting-time) evidence" in failures(report)


def test_a_correction_that_the_usage_ignores_is_found() -> None:
    """Without the correction the same day would add up to something else."""

    def corrected(recorder: Recorder) -> None:
        recorder.count(PERIOD.start - HOUR_US, 0)
        wrong = recorder.count(PERIOD.start + HOUR_US, 7_200)
        recorder.correct(wrong, PERIOD.start + HOUR_US, 3_600)
        recorder.state(PERIOD.start, "ACTIVE")
        recorder.count(PERIOD.end, 7_200)

    world = make_world(corrected)
    assert check(world).exit_code == 0
    usage = world.content()["usage"]
    right = usage[0]["quantity"]["amount"]
    usage[0]["quantity"]["amount"] = "7200"
    assert right != "7200"
    assert "usage 1 (cutting-time)" in failures(check(world.resigned(usage=usage)))


def test_a_period_that_no_later_record_closes_is_said() -> None:
    def open_day(recorder: Recorder) -> None:
        recorder.count(PERIOD.start - HOUR_US, 5)
        recorder.state(PERIOD.start - HOUR_US, "ACTIVE")
        recorder.count(PERIOD.end - HOUR_US, 900)

    report = check(make_world(open_day))
    assert report.exit_code == 0
    said = [limit for limit in report.limits if "covers the end of the period" in limit.detail]
    assert [limit.name for limit in said] == ["usage 1 (cutting-time)", "usage 2 (execution)"]


def test_evidence_that_begins_within_the_period_is_refused() -> None:
    def long_before(recorder: Recorder) -> None:
        for step in range(8):
            recorder.count(PERIOD.start - 2 * HOUR_US + step * HOUR_US, 100 * step)
            recorder.state(PERIOD.start - 2 * HOUR_US + step * HOUR_US + 1, "ACTIVE")

    world = make_world(long_before, segment_records=4)
    assert check(world).exit_code == 0
    proofs = [p for p in world.proofs if p.signal != CUTTING]
    later = [p for p in world.proofs if p.signal == CUTTING][1:]
    usage = world.content()["usage"]
    part = usage[0]["ranges"][0]
    part["first_ordinal"], part["first_header"] = 3, 2
    lying = world.with_proofs([*proofs, *later]).resigned(usage=usage)
    found = next(c for c in check(lying).failures if c.name == "usage 1 (cutting-time) evidence")
    assert "begins after the period does" in found.detail


def test_a_header_that_another_key_signed_is_found(world: World) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
    proofs = [replace(p, signature=stranger.sign(p.header_bytes)) for p in world.proofs]
    assert first_failure(check(world.with_proofs(proofs))) == (
        "segment signatures: segment 1 of edge-1/1: the header was not signed by its source"
    )


def test_a_signature_amid_a_chain_that_is_checked_by_sums_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "SUMMED_MIN", 1)
    assert check(world).exit_code == 0
    changed = world.proofs[0].signature[:63] + b"\x00"
    proofs = [replace(world.proofs[0], signature=changed), *world.proofs[1:]]
    assert first_failure(check(world.with_proofs(proofs))).startswith("segment signatures: segment")


def test_a_source_that_the_key_file_does_not_know_is_found(world: World) -> None:
    keys = json.loads(world.keys)
    keys["sources"] = []
    report = verify(world.document, JSON, canonical.encode(keys), bundle=world.bundle)
    assert "does not hold the key of source edge-1 in epoch 1" in first_failure(report)


def test_the_bundle_of_another_document_is_found(world: World) -> None:
    other = world.resigned(issued_at="2017-06-25T00:00:00Z")
    report = verify(other.document, JSON, world.keys, bundle=world.bundle)
    assert first_failure(report).startswith("bundle: the bundle is of document NM-2017-000001")


# ---- what a bundle gives away


def test_the_bundle_names_no_other_series(world: World) -> None:
    content = json.loads(world.bundle)["bundle"]
    blocks = [base64.b64decode(b["block"]) for s in content["series"] for b in s["blocks"]]
    everything = world.bundle + b"".join(blocks)
    everything += b"".join(bytes.fromhex(header["header"]) for header in content["headers"])
    for secret in (SECRET, SECRET.partition("/")[2], SECRET_TEXT):
        assert secret.encode() not in everything
        assert base64.b64encode(secret.encode())[:-4] not in everything
    assert {series["signal"] for series in content["series"]} == {
        "mazak01/cut_time",
        "mazak01/execution",
    }


def test_a_block_that_no_usage_names_is_found(world: World) -> None:
    def with_third(recorder: Recorder) -> None:
        recorder.count(PERIOD.start - HOUR_US, 0)
        recorder.state(PERIOD.start - HOUR_US, "ACTIVE")

    lean = make_world(with_third)
    usage = lean.content()["usage"]
    usage[1]["ranges"], usage[1]["evidence_root"] = [], "0" * 64
    report = check(lean.resigned(usage=usage))
    found = next(c for c in report.failures if c.name == "disclosure")
    assert found.detail.endswith("no usage record of this document names them")


# ---- exact bytes


def upper_hex(data: bytes) -> bytes:
    return re.sub(rb'("(?:signature|salt|header)":")([0-9a-f]+)"', _upper, data, count=1)


def _upper(match: "re.Match[bytes]") -> bytes:
    return match[1] + match[2].upper() + b'"'


def reordered(data: bytes) -> bytes:
    return json.dumps(
        dict(reversed(json.loads(data).items())), ensure_ascii=False, separators=(",", ":")
    ).encode()


def base64_respelt(data: bytes) -> bytes:
    """Set a stray bit behind the last byte, or leave out the padding."""
    match = re.search(rb'"block":"([A-Za-z0-9+/]*)(=+)"', data)
    if match is None:
        return data.replace(b'"', b'"', 0)
    return data[: match.start(2)] + data[match.end(2) :]


TRICKS: dict[str, Callable[[bytes], bytes]] = {
    "upper-case hexadecimal": upper_hex,
    "base64 without padding": base64_respelt,
    "a blank": lambda data: data.replace(b":", b": ", 1),
    "a new line at the end": lambda data: data + b"\n",
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "another order of keys": reordered,
    "a needless escape": lambda data: data.replace(b'"key_id"', rb'"\u006bey_id"', 1),
    "an escaped solidus": lambda data: data.replace(b"lineshaft/", rb"lineshaft\/", 1),
    "a key twice": lambda data: b'{"key_id":"x",' + data[1:],
    "a number as a float": lambda data: re.sub(
        rb'("version"|"epoch"):1\b', rb"\1:1.0", data, count=1
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("which", ["document", "bundle"])
def test_a_file_that_was_written_anew_is_found(world: World, which: str, trick: str) -> None:
    data = getattr(world, which)
    changed = TRICKS[trick](data)
    if changed == data:
        assert (which, trick) == ("document", "base64 without padding")
        return
    assert check(replace(world, **{which: changed})).exit_code == 1


@pytest.mark.parametrize(
    "trick", sorted(set(TRICKS) - {"base64 without padding", "a number as a float"})
)
def test_a_record_that_was_written_anew_is_found(world: World, trick: str) -> None:
    data, record = rendered(world.document, MediaType.HTML)
    changed = TRICKS[trick](record)
    assert changed != record
    assert verify(data, HTML, world.keys, rendering=changed).exit_code == 1


# ---- content of any shape


@given(st.binary(max_size=300))
def test_any_bytes_get_a_report(data: bytes) -> None:
    world = TINY
    for media_type in (JSON, HTML, PDF):
        assert verify(data, media_type, world.keys).exit_code == 1
    assert verify(world.document, JSON, data).exit_code == 1
    assert verify(world.document, JSON, world.keys, bundle=data).exit_code == 1
    assert verify(world.document, JSON, world.keys, rendering=data).exit_code == 1


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=5,
)


# Of these the document has the issuer's word alone: names, addresses, versions, and terms that
# the tiny day's lines do not come to. Any other that is rightly signed is as good.
ISSUERS_WORD = {
    "contract/id",
    "contract/invoice_series",
    "contract/offering/id",
    "contract/offering/version",
    "contract/organisation",
    "contract/terms/guarantee/cap",
    "contract/terms/guarantee/description/en",
    "contract/terms/guarantee/description/zh-Hans",
    "contract/terms/guarantee/id",
    "contract/terms/guarantee/steps/0/at_least",
    "contract/terms/guarantee/steps/0/credit",
    "contract/terms/guarantee/steps/1/credit",
    "contract/terms/usage_prices/0/price/tiers/1/unit_price",
    "contract/version",
    "engine/lineshaft",
    "engine/tzdata",
    *(
        f"{party}/{part}"
        for party in ("customer", "supplier")
        for part in ("address_lines", "id", "legal_id", "name", "vat_id")
    ),
    *(f"{party}/address_lines/{n}" for party in ("customer", "supplier") for n in range(2)),
}


@given(data=st.data(), value=JSON_VALUES)
def test_signed_content_of_any_shape_gets_a_report(data: st.DataObject, value: Any) -> None:
    """Replace one part of the document or the bundle by anything, and sign it rightly."""
    world = TINY
    content = world.content()
    path = _replace_somewhere(data, content, value)
    report = check(world.resigned(**content))
    assert report.exit_code == 1 or content == world.content() or path in ISSUERS_WORD
    content = json.loads(world.bundle)["bundle"]
    before = canonical.encode(content)
    _replace_somewhere(data, content, value)
    changed = replace(world, bundle=sign_envelope(content, "bundle"))
    assert check(changed).exit_code == 1 or canonical.encode(content) == before


def _replace_somewhere(data: st.DataObject, content: Any, value: Any) -> str:
    """Go down some steps, then put the value in place of what is there; tell where."""
    node, path = content, []
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        child = node[key]
        path.append(str(key))
        if not (isinstance(child, dict | list) and child and data.draw(st.booleans())):
            node[key] = value
            return "/".join(path)
        node = child


def test_the_tiny_world_is_proven() -> None:
    assert check(TINY).exit_code == 0
    assert sign_bundle(TINY.document, "NM-2017-000001", TINY.proofs) == TINY.bundle
