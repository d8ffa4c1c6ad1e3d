"""Loopback: does an address reach this machine alone? One answer for every server here. Pure; asks no resolver."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """host: an address to listen at, a peer's address, or the host of a `Host` header without its port; IPv6 with or
    without brackets."""
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def host_of(header: str) -> str:
    """The host of a `Host` header, without the port; IPv6 keeps its brackets."""
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0]
