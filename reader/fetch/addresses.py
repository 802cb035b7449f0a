"""Which addresses may be connected to, and looking them up without holding up the end of the program."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Resolve = Callable[[str, int], list[str]]
"""The addresses of a host, best first; blocks. Raises OSError."""

# What the IANA special-purpose registries (RFC 6890) do not call globally reachable, and multicast. Written out because
# `ipaddress.is_global` changes its mind between Python versions.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(net)
    for net in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    # Teredo and other protocols' own, documentation, 6to4 (its relays are long gone, RFC 7526)
    IPv6Network(net)
    for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_CARRIES_4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""IPv4-mapped addresses (RFC 4291) and NAT64 (RFC 6052): the last 32 bits are the address that is meant."""


def is_public(address: str) -> bool:
    """Whether it belongs to the open internet: not private, loopback, link-local, multicast or otherwise special."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.scope_id:
            return False
        if any(ip in net for net in _CARRIES_4):
            ip = IPv4Address(int(ip) & 0xFFFF_FFFF)
        else:
            return ip in _GLOBAL_6 and not any(ip in net for net in _NOT_PUBLIC_6)
    return not any(ip in net for net in _NOT_PUBLIC_4)


def is_literal(host: str) -> bool:
    """Whether the host is an address and not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_private_name(host: str) -> bool:
    """Whether the name alone tells that it is this computer or its own network; for when a proxy looks names up."""
    host = host.removesuffix(".")
    try:
        host = socket.inet_ntoa(socket.inet_aton(host))  # 127.1, 0x7f000001 and the like
    except OSError:
        return host == "localhost" or host.endswith(".localhost") or (is_literal(host) and not is_public(host))
    return not is_public(host)


def is_allowed(host: str, port: int, allow: frozenset[str]) -> bool:
    """Whether the user typed this host, alone or with this port."""
    bracketed = f"[{host}]" if ":" in host else host
    return not allow.isdisjoint({host, bracketed, f"{bracketed}:{port}"})


def system_addresses(host: str, port: int) -> list[str]:
    """What the system's resolver says, in its order of preference (RFC 6724)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


async def look_up(resolve: Resolve, host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError.

    In a daemon thread, because a resolver may take a minute to give up, and neither a cancelled fetch nor the end of
    the program should wait for it.
    """
    if is_literal(host):
        return [host]
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: Exception | None) -> None:
        if answer.done():
            return
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(addresses)

    def ask() -> None:
        addresses: list[str] = []
        problem: Exception | None = None
        try:
            addresses = resolve(host, port)
        except OSError as error:
            problem = error
        except UnicodeError:
            problem = socket.gaierror(socket.EAI_NONAME, "not a name that a host can have")
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, addresses, problem)

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    return await answer


def has_route() -> bool:
    """Whether the system knows a way to the internet. Connecting a datagram socket sends nothing."""
    for family, documentation in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((documentation, 9))
            return True
    return False
