# ruff: noqa: ANN001, ANN002, ANN201, ANN202
"""Check an invoice against its evidence bundle, without lineshaft.

    python examples/verify_bundle.py INVOICE.json EVIDENCE.json KEYS.json

A second opinion, written from docs/formats alone: it needs Python and the package `cryptography`.
It checks every signature, every Merkle path, that no record is missing, and the evidence roots;
then it adds up the counters, with what is recorded of clocks and exchanges, and compares them with
the invoice. Prices and totals it leaves to `lineshaft verify`. It ends with `ok` and 0 when all
usage was computed again, and with 3 when it was not: what this one cannot judge, it says.
"""

import base64
import hashlib
import json
import struct
import sys
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
READING, CORRECTION, STATUS = 0, 1, 4
UNDERSTOOD = {"bridged_gap_count", "bridged_gap_us", "clock_offsets", "completeness", "covered_us"}
UNDERSTOOD |= {"evidence_root", "exchanges", "exclusion_count", "exclusions", "is_complete"}
UNDERSTOOD |= {"known_at", "known_until", "meter", "period", "quantity", "ranges", "refusal_count"}
UNDERSTOOD |= {"restart_count", "states", "unknown_after"}
"""What a usage record may say without being beyond this checker."""
BEYOND = {"exchanges", "hours", "maximum", "minimum", "modulus"}
"""Parameters of a counter that are."""


def canonical(content):
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def load(path):
    data = Path(path).read_bytes()
    content = json.loads(data)
    assert canonical(content) == data, f"{path} was written anew: its bytes are not canonical"
    return data, content


def check(public_key, signature, message):
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
        bytes.fromhex(signature), message
    )


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def split(count):
    return 1 << (count - 1).bit_length() - 1


def tree(leaves):
    if len(leaves) == 1:
        return leaves[0]
    cut = split(len(leaves))
    return sha(b"\x01", tree(leaves[:cut]), tree(leaves[cut:]))


def climb(leaf, index, count, path):
    if count == 1:
        assert not path, "a Merkle path is too long"
        return leaf
    cut = split(count)
    if index < cut:
        return sha(b"\x01", climb(leaf, index, cut, path[:-1]), path[-1])
    return sha(b"\x01", path[-1], climb(leaf, index - cut, count - cut, path[:-1]))


def header(data):
    name = data[5 : 5 + data[4]].decode()
    fields = struct.unpack("<IQQQqqI32s32s", data[5 + data[4] :])
    keys = ("epoch", "number", "first", "last", "low", "high", "count", "previous", "root")
    return {"source": name, "hash": sha(data)} | dict(zip(keys, fields, strict=True))


def records(data):
    """Read a block: a list of (ordinal, sequence, instant, kind, status, value or None)."""
    assert data[:4] == b"LSK1"
    at = 6 + int.from_bytes(data[4:6], "little")
    first, count = struct.unpack_from("<QI", data, at)
    at += 12

    def column(code, having=None):
        nonlocal at
        size = count if having is None else sum(1 for bits in presence if bits & having)
        values = struct.unpack_from(f"<{size}{code}", data, at)
        at += struct.calcsize(f"<{size}{code}")
        if having is None:
            return list(values)
        dense = iter(values)
        return [next(dense) if bits & having else None for bits in presence]

    sequence, instant, status, kind = column("Q"), column("q"), column("I"), column("B")
    presence = column("B")
    column("q", 1)  # the source's own stamp, where it differs
    mantissa, exponent = column("q", 2), column("b", 4)
    rows = []
    for i in range(count):
        is_decimal = presence[i] & 30 == 6
        value = Fraction(10) ** exponent[i] * mantissa[i] if is_decimal else None
        rows.append((first + i, sequence[i], instant[i], kind[i], status[i], value))
    return rows


def microseconds(text):
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def true_instant(stamp, source, usage):
    """Take a stamp back by what the clock was ahead from the last recorded step on."""
    steps = [step for step in usage.get("clock_offsets", []) if step["source"] == source]
    steps = [step for step in steps if microseconds(step["valid_from"]) <= stamp]
    last = max(steps, key=lambda step: microseconds(step["valid_from"]), default=None)
    return stamp if last is None else stamp - last["offset_us"]


def counted(rows, usage):
    """Add up a counter: rises between good readings; a step over a cut is shared out by time."""
    start, end = (microseconds(usage["period"][name]) for name in ("start", "end"))
    said = sorted((row for row in rows if row[3] in {READING, STATUS}), key=lambda row: row[2:0:-1])
    in_force = {row[2]: row for row in said}.values()
    good = [row for row in in_force if row[4] >> 30 == 0 and row[5] is not None]
    points = [(row[2], row[5], row[5]) for row in good]
    for each in usage.get("exchanges", []):  # the old meter ends and the new one begins
        old, new = Fraction(each["old_final"]), Fraction(each["new_start"])
        points.append((microseconds(each["at"]), old, new))
    total = Fraction(0)
    for (t0, _, v0), (t1, v1, _) in pairwise(sorted(points)):
        inside = max(0, min(t1, end) - max(t0, start))
        total += (v1 - v0 if v1 >= v0 else v1) * Fraction(inside, t1 - t0) if inside else 0
    return total


def not_judged(usage, rows):
    """Name what keeps this checker from judging a quantity; nothing for a counter as it is."""
    meter, parameters = usage["meter"], usage["meter"]["parameters"]
    if meter["kind"] != "counter":
        return [f"a meter of the kind {meter['kind']}"]
    why = sorted(set(usage) - UNDERSTOOD)
    why += sorted(name for name in BEYOND if parameters.get(name))
    units = {meter["unit"], *(each["unit"] for each in usage.get("exchanges", []))}
    why += ["a change of units"] if units != {parameters["signal_unit"]} else []
    why += ["a boundary"] if parameters.get("boundary", "LINEAR").upper() != "LINEAR" else []
    why += ["readings that were left out"] if usage["exclusion_count"] else []
    return why + (["corrected readings"] if any(row[3] == CORRECTION for row in rows) else [])


def trusted(document_keys):
    """Check that each document key was signed by the one before; return them by their ids."""
    voucher, result = document_keys[0]["public_key"], {}
    for key in document_keys:
        statement = {name: value for name, value in key.items() if name != "signature"}
        statement["format"] = "lineshaft/document-key/1"
        check(voucher, key["signature"], canonical(statement))
        voucher = result[key["key_id"]] = key["public_key"]
    return result


def chain_place(head):
    return head["source"], head["epoch"], head["number"]


def proven_blocks(bundle, source_keys):
    """Check each header and each block; return the blocks by series, in the order of the bundle."""
    headers, blocks = [], {}
    for signed in bundle["headers"]:
        head = header(bytes.fromhex(signed["header"]))
        key = source_keys[head["source"], head["epoch"]]
        check(key, signed["signature"], bytes.fromhex(signed["header"]))
        headers.append(head)
    for one, other in pairwise(sorted(headers, key=chain_place)):
        if chain_place(other) == (*chain_place(one)[:2], one["number"] + 1):
            is_next = other["previous"] == one["hash"] and other["first"] == one["last"] + 1
            assert is_next, f"segment {other['number']} does not follow the one before"
    for series in bundle["series"]:
        for block in series["blocks"]:
            head, data = headers[block["header"]], base64.b64decode(block["block"])
            leaf = sha(b"\x00", bytes.fromhex(block["salt"]), data)
            path = [bytes.fromhex(node) for node in block["path"]]
            root = climb(leaf, block["leaf_index"], head["count"], path)
            assert root == head["root"], f"segment {head['number']} was changed"
            key, rows = (series["signal"], series["source"], series["epoch"]), records(data)
            for row in rows:
                is_within = head["first"] <= row[1] <= head["last"]
                is_within = is_within and head["low"] <= row[2] <= head["high"]
                assert is_within, f"record {row[1]} is none of segment {head['number']}"
            blocks.setdefault(key, []).append((head, leaf, rows))
    return blocks


def rows_behind(usage, blocks):
    """Check that all named records are there and that their root is the named one."""
    entries, rows = [], []
    for part in usage["ranges"]:
        first, last = part["first_ordinal"], part["last_ordinal"]
        following, source, numbers = first, part["source"], []
        signal = part.get("signal", usage["meter"]["signal"])
        for head, leaf, found in blocks.get((signal, source, part["epoch"]), []):
            if first <= found[0][0] <= last:
                assert found[0][0] == following, f"records from {following} on are missing"
                following = found[-1][0] + 1
                numbers.append(head["number"])
                entries.append(sha(b"\x00", head["hash"], leaf))
                rows += [(*row[:2], true_instant(row[2], source, usage), *row[3:]) for row in found]
        assert following == last + 1, f"records from {following} on are missing"
        named = part["first_header"], part["last_header"]
        assert (numbers[0], numbers[-1]) == named, f"the segments are not {named}"
    root = tree(entries).hex() if entries else "0" * 64
    assert root == usage["evidence_root"], f"the evidence root of {usage['meter']['id']} is another"
    start = microseconds(usage["period"]["start"])
    is_whole = not rows or rows[0][0] == 1 or rows[0][2] < start
    assert is_whole, f"the records of {usage['meter']['id']} begin within the period"
    return rows


def main(invoice_path, bundle_path, keys_path):
    invoice_bytes, invoice = load(invoice_path)
    _, evidence = load(bundle_path)
    _, keys = load(keys_path)
    document_keys = trusted(keys["document_keys"])
    source_keys = {(key["source"], key["epoch"]): key["public_key"] for key in keys["sources"]}
    document, bundle = invoice["document"], evidence["bundle"]
    check(document_keys[invoice["key_id"]], invoice["signature"], canonical(document))
    check(document_keys[evidence["key_id"]], evidence["signature"], canonical(bundle))
    assert bundle["document_sha256"] == sha(invoice_bytes).hex(), "the bundle is of another invoice"
    blocks = proven_blocks(bundle, source_keys)
    is_all_judged = True
    for usage in document["usage"]:
        meter, rows = usage["meter"], rows_behind(usage, blocks)
        print(f"{meter['id']}: {len(rows)} signed records, evidence root ok")
        why, said = not_judged(usage, rows), Fraction(usage["quantity"]["amount"])
        if why:
            is_all_judged = False
            print(f"{meter['id']}: {said} {meter['unit']} NOT CHECKED: {', '.join(why)}")
            continue
        total = counted(rows, usage)
        assert total == said, f"{meter['id']} adds up to {total}, not {said}"
        print(f"{meter['id']}: {total} {meter['unit']}, as billed")
    print("ok" if is_all_judged else "authentic, but NOT ALL USAGE WAS CHECKED: lineshaft verify")
    return 0 if is_all_judged else 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
