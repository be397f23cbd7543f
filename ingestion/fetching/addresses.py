"""Which URLs may be fetched: their form, and where their hosts really are. It opens no connection.

A name is looked up once, and whoever connects uses the addresses that were checked: a name server that answers
differently the second time changes nothing.
"""

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

import httpx

from service.core.errors import AddressNotAllowed, FetchFailed

# Host and port to the addresses that the host has now.
Resolve: TypeAlias = Callable[[str, int], Sequence[str]]

# A source's name is part of an index of PostgreSQL, whose entries end at 2,704 bytes.
MAX_URL_CHARACTERS = 2_000
# Ports below this one, other than the web's, belong to services that a request could disturb or talk to.
FIRST_FREE_PORT, LAST_PORT = 1_024, 65_535
WEB_PORTS = {80, 443}

# What a cloud tells its machines, keys among it; not all of these lie in a private range.
_METADATA = {
    ip_address(each)
    for each in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
}
_NAT64 = IPv6Network("64:ff9b::/96")
_PRIVATE = ("loopback", "private")
_HOST = re.compile(rb"[\w.:-]+", re.ASCII)
_AUTHORITY = re.compile(r"//[^/?#\s]*@")


@dataclass(frozen=True)
class Reach:
    """How far a fetch may reach. `resolve` is the name service; tests put another one in."""

    private_addresses: bool
    resolve: Resolve

    def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, each of them allowed. Raises AddressNotAllowed, FetchFailed for an unknown host."""
        found = self.resolve(host, port)
        for address in found:
            kind = kind_of(address)
            if kind and not (self.private_addresses and kind in _PRIVATE):
                raise AddressNotAllowed(
                    f"{host} is at {address}, a {kind} address, which nothing is fetched from.", _remedy(kind)
                )
        return found


def checked_url(text: str) -> httpx.URL:
    """`text` as a URL without its fragment. Raises AddressNotAllowed, whose detail repeats no password."""
    if len(text) > MAX_URL_CHARACTERS:
        raise AddressNotAllowed(f"{shown(text)} has {len(text)} characters.", f"{MAX_URL_CHARACTERS} are allowed.")
    try:
        url = httpx.URL(text)
        port = url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressNotAllowed(f"{shown(text)} is no URL: {shown(str(error))}.", "Correct it.") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise AddressNotAllowed(f"{shown(text)} is not fetched.", "Give a URL that begins with http:// or https://.")
    if url.userinfo:
        raise AddressNotAllowed(
            f"{shown(text)} holds a user name or password.", "Give it without: what is fetched is stored with its URL."
        )
    if not _HOST.fullmatch(url.raw_host):
        raise AddressNotAllowed(f"{shown(text)} names no host: {url.host!r}.", "Correct it.")
    if port is not None and port not in WEB_PORTS and not FIRST_FREE_PORT <= port <= LAST_PORT:
        raise AddressNotAllowed(f"{shown(text)} names port {port}.", "80, 443 and those from 1024 on are fetched from.")
    return url.copy_with(fragment=None)


def resolved(host: str, port: int) -> list[str]:
    """Addresses of a host as the system's name service has them. Raises FetchFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchFailed(
            f"{host} has no address: {getattr(error, 'strerror', None) or error}.",
            "Check the host's name, and that this machine's name service answers.",
        ) from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def kind_of(address: str) -> str | None:
    """What sort of address this is, or None for one of the public internet."""
    plain = _embedded(ip_address(address))
    if plain in _METADATA:
        return "metadata"
    for kind in ("unspecified", "loopback", "link_local", "multicast", "reserved"):
        if getattr(plain, f"is_{kind}"):
            return kind.replace("_", "-")
    return None if plain.is_global else "private"


def shown(text: str) -> str:
    """A URL for people, cut short and without the name and password that it may hold."""
    return _AUTHORITY.sub("//", text[:MAX_URL_CHARACTERS])[:200]


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4, Teredo or NAT64."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _remedy(kind: str) -> str:
    if kind in _PRIVATE:
        return "If it is yours and meant, set RAGREADY_FETCH_PRIVATE_ADDRESSES=true."
    return "Take it out of the list; no setting allows it."
