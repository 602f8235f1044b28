import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineshaft.core import canonical
from lineshaft.core.canonical import NotCanonical
from lineshaft.core.errors import KINDS, Refusal
from lineshaft.core.events import Event

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
CONTENT = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.INTEGER_MAX, canonical.INTEGER_MAX) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(CONTENT)
def test_content_round_trips_to_the_same_bytes(content):
    data = canonical.encode(content)
    assert canonical.decode(data) == content
    assert canonical.encode(canonical.decode(data)) == data


@given(CONTENT, st.data())
def test_no_single_bit_can_flip_into_the_same_content(content, data):
    encoded = canonical.encode(content)
    bit = data.draw(st.integers(0, len(encoded) * 8 - 1))
    flipped = bytearray(encoded)
    flipped[bit // 8] ^= 1 << bit % 8
    try:
        other = canonical.decode(bytes(flipped))
    except NotCanonical:
        return
    assert canonical.encode(other) != encoded


@pytest.mark.parametrize(
    "data",
    [b'{"a": 1}', b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'"\\u0041"', b"1.0", b"1e2", b"-0", b"[1,]",
     b'"\xff"', b" 1", b"1\n", b"\xef\xbb\xbf1", b'"\\ud800"', b"9007199254740992", b"NaN",
     b'{"\xc3\xa4":1}', b'{"\xc3\xa4\\"b\\\\":"\xc3\xa4"}', b"[" * 100_000],
)  # fmt: skip
def test_any_other_writing_is_refused(data):
    with pytest.raises(NotCanonical):
        canonical.decode(data)


@pytest.mark.parametrize("content", [1.5, {1: 2}, b"x", {"a": {"ä": 1}}, 2**53, ["\ud800"]])
def test_what_has_no_canonical_form_is_refused(content):
    with pytest.raises(NotCanonical):
        canonical.encode(content)


@given(st.binary(max_size=40))
def test_hexadecimal_and_base64_have_one_writing(data):
    assert canonical.decode_hex(data.hex(), len(data)) == data
    assert canonical.decode_base64(canonical.encode_base64(data)) == data


@pytest.mark.parametrize("text", ["AB", "a", "zz", "a b", "abcd"])
def test_other_hexadecimal_is_refused(text):
    with pytest.raises(NotCanonical):
        canonical.decode_hex(text, 1)


@pytest.mark.parametrize("text", ["QQ", "QR==", "QQ==\n", "Q Q=", "-_==", "QQ===="])
def test_other_base64_is_refused(text):
    with pytest.raises(NotCanonical):
        canonical.decode_base64(text)


def test_an_event_is_a_cloudevent():
    event = Event("evt_1", "lineshaft/services/billing", "InvoiceIssued", "INV-1", 0, {"a": 1})
    assert canonical.decode(event.to_json()) == {
        "specversion": "1.0", "id": "evt_1", "source": "lineshaft/services/billing",
        "type": "InvoiceIssued", "subject": "INV-1", "time": "1970-01-01T00:00:00Z",
        "datacontenttype": "application/json", "data": {"a": 1},
    }  # fmt: skip


def test_each_kind_of_refusal_has_its_own_status_and_exit_code():
    assert len(KINDS) == 8
    assert set(KINDS) == set(Refusal.__subclasses__()) & set(KINDS)
    assert len({kind.http_status for kind in KINDS}) == 8
    assert len({kind.exit_code for kind in KINDS}) == 8
    assert {k.__name__ for k in KINDS if k.is_retryable} == {"RateLimited", "Unavailable"}
