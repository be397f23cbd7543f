"""Which URLs and addresses are fetched from."""

from collections.abc import Sequence

import pytest

from ingestion.fetching.addresses import Reach, checked_url, kind_of, resolved
from service.core.errors import AddressNotAllowed, FetchFailed


def at(*addresses: str, private: bool = False) -> Reach:
    """A reach whose name service has these addresses for every host."""

    def answer(host: str, port: int) -> Sequence[str]:  # noqa: ARG001  # the signature of Resolve
        return addresses

    return Reach(private, answer)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.com/1",
        "ftp://example.com/a.txt",
        "data:text/plain,hello",
        "//example.com/a",
        "example.com/a",
        "http:///a",
        "https://",
        "",
        "http://[::1",
        "http://0177.0.0.1/",
        "http://a%2eexample/",
        "http://exa mple.com/",
        "http://example.com/\r\nHost: other",
        "http://example.com:port/",
        "http://example.com:99999/",
        "https://example.com/" + "a" * 2_000,
    ],
)
def test_forms_that_are_refused(url: str) -> None:
    """What is no web address, or more than one, is refused."""
    with pytest.raises(AddressNotAllowed):
        checked_url(url)


@pytest.mark.parametrize("url", ["http://ada:lovelace@example.com/", "https://token@example.com/x", "ftp://a:b@c/"])
def test_a_url_with_a_password_is_refused_and_not_repeated(url: str) -> None:
    """A name or password in a URL is refused, and stands in no message."""
    with pytest.raises(AddressNotAllowed) as caught:
        checked_url(url)
    assert not any(secret in str(caught.value) for secret in ("ada", "lovelace", "token", "a:b@"))


@pytest.mark.parametrize(
    ("port", "allowed"), [(22, False), (25, False), (79, False), (80, True), (443, True), (8080, True)]
)
def test_ports(port: int, allowed: bool) -> None:
    """Ports of services that are no web servers are refused."""
    if allowed:
        assert checked_url(f"http://example.com:{port}/a").host == "example.com"
    else:
        with pytest.raises(AddressNotAllowed, match=str(port)):
            checked_url(f"http://example.com:{port}/a")


def test_the_fragment_is_no_part_of_a_page() -> None:
    """Two URLs that differ in their fragment are one page."""
    assert str(checked_url("https://Example.com/a/../b#part")) == "https://example.com/b"


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("93.184.215.14", None),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", None),
        ("127.0.0.1", "loopback"),
        ("127.255.0.9", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("fd12:3456::1", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::a00:1", "private"),
        ("2002:a00:1::1", "private"),
        ("192.0.2.1", "private"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("169.254.10.1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::7f00:1", "reserved"),
        ("169.254.169.254", "metadata"),
        ("::ffff:169.254.169.254", "metadata"),
        ("64:ff9b::a9fe:a9fe", "metadata"),
        ("100.100.100.200", "metadata"),
        ("168.63.129.16", "metadata"),
        ("fd00:ec2::254", "metadata"),
    ],
)
def test_kinds_of_addresses(address: str, kind: str | None) -> None:
    """An address is public, or it is known why it is not, also where IPv6 wraps IPv4."""
    assert kind_of(address) == kind


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "::1", "169.254.169.254", "224.0.0.1", "0.0.0.0", "fe80::1"]
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    """A host with an address that is not public is refused, and the message names both."""
    with pytest.raises(AddressNotAllowed, match="intranet") as caught:
        at(address).addresses("intranet.example", 443)
    assert address in caught.value.detail


def test_one_private_address_among_public_ones_is_enough() -> None:
    """A host that is at a public and at a private address is refused: which one is used would be chance."""
    with pytest.raises(AddressNotAllowed):
        at("93.184.215.14", "192.168.0.1").addresses("example.com", 443)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("127.0.0.1", True), ("::1", True), ("10.0.0.1", True), ("100.64.0.1", True)]
    + [
        (each, False)
        for each in ("169.254.169.254", "169.254.1.1", "fd00:ec2::254", "224.0.0.1", "0.0.0.0", "240.0.0.1")
    ],
)
def test_what_the_setting_allows(address: str, allowed: bool) -> None:
    """The setting opens loopback and private addresses; metadata, link-local and the like stay closed."""
    reach = at(address, private=True)
    if allowed:
        assert reach.addresses("wiki.example", 80) == (address,)
    else:
        with pytest.raises(AddressNotAllowed, match="no setting"):
            reach.addresses("wiki.example", 80)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "0177.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"]
)
def test_other_spellings_of_loopback(host: str) -> None:
    """Decimal, octal, hexadecimal and short spellings lead to the same refusal: what counts is the address."""
    url = checked_url(f"http://{host}:8080/")
    with pytest.raises(AddressNotAllowed, match="loopback"):
        Reach(False, resolved).addresses(url.host, 8080)


def test_a_host_without_address() -> None:
    """A name that the name service does not know is a failure that may pass, not a refusal."""
    with pytest.raises(FetchFailed, match=r"nowhere\.invalid"):
        resolved("nowhere.invalid", 443)
