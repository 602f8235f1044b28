"""No bit of a key file can be flipped unseen; of the other files `flipped_bits` draws them."""

from tests.services.evidence.flips import FILES, is_found


def test_every_bit_of_the_key_file_counts() -> None:
    missed = [bit for bit in range(8 * len(FILES["keys"])) if not is_found("keys", bit)]
    assert missed == []
