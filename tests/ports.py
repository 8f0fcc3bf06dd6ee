"""Ports of this machine, and what is answered on them."""

import http.client
import socket
from contextlib import closing


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    # All at once, so that they differ.
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return ports


def free_port() -> int:
    """A port that nobody listens on."""
    [port] = free_ports(1)
    return port


def get(port: int, path: str) -> tuple[int, str]:
    """Status and text of a page."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=8)) as connection:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            return answer.status, answer.read().decode()
