"""The acceptance rule under permuted, doubled and conflicting segments."""

import random

import hypothesis.strategies as st
from hypothesis import given
from msgspec.structs import replace

from lineshaft.core.segment.header import Header
from lineshaft.platform.historian.intake.acceptance import (
    HELD_SEGMENTS_MAX,
    Candidate,
    Chain,
    Verdict,
)
from lineshaft.platform.historian.model import Mark
from tests.platform.historian.house import Source


def headers_of(count: int) -> list[Header]:
    source = Source()
    source.fill(count, 2)
    return [segment.header for segment in source.segments]


HEADERS = headers_of(HELD_SEGMENTS_MAX + 10)


def chain() -> tuple[Chain[int], dict[int, bytes]]:
    stored: dict[int, bytes] = {}
    return Chain(Mark(), stored.get), stored


def candidate(header: Header) -> Candidate[int]:
    return Candidate(header, header.hash(), header.number)


def offer(one: Chain[int], stored: dict[int, bytes], header: Header) -> Verdict:
    verdict, decided = one.offer(candidate(header))
    for decision, found in decided:
        if decision is Verdict.ACCEPT:
            assert found.header.number == len(stored) + 1
            stored[found.header.number] = found.header_hash
    return verdict


@given(st.integers(2, 40), st.integers(0, 2**32))
def test_any_order_with_doubles_stores_each_segment_once_and_in_order(
    count: int, seed: int
) -> None:
    rng = random.Random(seed)
    sent = HEADERS[:count] * 2 + rng.sample(HEADERS[:count], k=count // 2)
    rng.shuffle(sent)
    one, stored = chain()
    for header in sent:
        assert offer(one, stored, header) is not Verdict.CONFLICT
    assert stored == {header.number: header.hash() for header in HEADERS[:count]}
    assert one.mark.number == count
    assert not one.has_gap


@given(st.integers(1, 20), st.integers(1, 20))
def test_another_segment_under_a_stored_number_is_a_conflict(stored_count: int, at: int) -> None:
    one, stored = chain()
    for header in HEADERS[:stored_count]:
        offer(one, stored, header)
    number = min(at, stored_count)
    other = replace(HEADERS[number - 1], root=b"\x01" * 32)
    before = dict(stored), one.mark
    assert offer(one, stored, other) is Verdict.CONFLICT
    assert (stored, one.mark) == before


def test_the_next_number_of_another_chain_is_a_conflict() -> None:
    one, stored = chain()
    offer(one, stored, HEADERS[0])
    for change in ({"previous_hash": b"\x02" * 32}, {"first_sequence": 4, "last_sequence": 5}):
        assert offer(one, stored, replace(HEADERS[1], **change)) is Verdict.CONFLICT
    assert offer(one, stored, HEADERS[1]) is Verdict.ACCEPT


def test_what_is_held_behind_a_conflict_is_let_go() -> None:
    one, stored = chain()
    offer(one, stored, HEADERS[0])
    assert offer(one, stored, HEADERS[2]) is Verdict.HOLD
    other = replace(HEADERS[1], root=b"\x01" * 32)
    verdict, decided = one.offer(candidate(other))  # continues the chain, but not to number 3
    assert verdict is Verdict.ACCEPT
    assert [decision for decision, _ in decided] == [Verdict.ACCEPT, Verdict.CONFLICT]
    assert not one.has_gap


def test_at_most_so_many_segments_are_held() -> None:
    one, stored = chain()
    ahead = HEADERS[1 : HELD_SEGMENTS_MAX + 1]
    assert {offer(one, stored, header) for header in ahead} == {Verdict.HOLD}
    assert offer(one, stored, HEADERS[HELD_SEGMENTS_MAX + 1]) is Verdict.DROP
    assert offer(one, stored, HEADERS[0]) is Verdict.ACCEPT
    assert one.mark.number == HELD_SEGMENTS_MAX + 1
