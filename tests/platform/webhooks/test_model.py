"""Signing, the plan of repeating, and the addresses that nothing is sent to."""

import pytest

from lineshaft.platform.webhooks.model import (
    AGE_US_MAX,
    ATTEMPTS_MAX,
    DELAY_US_MAX,
    KINDS_MAX,
    URL_CHARACTERS_MAX,
    WebhookInvalid,
    check_kinds,
    check_url,
    delay_us,
    is_public,
    new_secret,
    signature,
)

S = 1_000_000


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of Standard Webhooks, as its libraries test it."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert new_secret(b"\xff" * 3) == "whsec_////"
    with pytest.raises(WebhookInvalid):
        signature("whsec_?", "a", 1, b"")


def test_attempts_come_slower_and_slower() -> None:
    plain = [delay_us(attempts, 0) // S for attempts in range(1, 9)]
    assert plain == [5, 20, 80, 320, 1_280, 5_120, 20_480, 21_600]
    assert (delay_us(1, -100) // S, delay_us(1, 100) // S) == (4, 6)
    assert delay_us(1, 0, retry_after_s=60) == 60 * S
    assert delay_us(1, 0, retry_after_s=10**9) == DELAY_US_MAX
    assert sum(delay_us(attempts, 100) for attempts in range(1, ATTEMPTS_MAX)) < AGE_US_MAX


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *("255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"),
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_addresses_of_this_machine_and_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "is_fine", "is_fine_here"),
    [
        ("https://erp.example/hook?x=1", True, True),
        ("https://erp.example:8443", True, True),
        ("http://erp.example/", False, True),
        ("https://user:word@erp.example/", False, False),
        ("ftp://erp.example/", False, False),
        ("file:///etc/passwd", False, False),
        ("https:///x", False, False),
        ("https://erp.example:0/", False, False),
        ("https://erp.example:99999/", False, False),
        ("https://erp.example/a b", False, False),
        ("https://erp.example/\r\nx: y", False, False),
        ("https://[::1", False, False),
        ("https://erp.example/" + "x" * URL_CHARACTERS_MAX, False, False),
    ],
)
def test_urls(url: str, is_fine: bool, is_fine_here: bool) -> None:
    for allows_private, expected in ((False, is_fine), (True, is_fine_here)):
        if expected:
            assert check_url(url, allows_private=allows_private) == url
        else:
            with pytest.raises(WebhookInvalid):
                check_url(url, allows_private=allows_private)


def test_kinds_are_words() -> None:
    assert check_kinds(("A", "B", "A")) == ("A", "B")
    for wrong in (("a b",), ("",), ("x" * 81,), tuple(f"K{n}" for n in range(KINDS_MAX + 1))):
        with pytest.raises(WebhookInvalid):
            check_kinds(wrong)
