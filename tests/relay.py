"""Stands between clients and a Kafka: loses what that answers, cuts a client off, or is slow."""

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.kafka import Kafka

PRODUCE, FIND_COORDINATOR, DESCRIBE_GROUPS = 0, 10, 15
"""API keys of the Kafka protocol."""

Sockets = tuple[socket.socket, socket.socket]


class Relay:
    """Passes on what clients and broker say, until it is told otherwise.

    The broker has to advertise `address`, so that clients find no way around the relay.

    Attributes:
        address: Host and port for clients.
        lost: Set once the broker has answered a produce request and the client was not told.

    """

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.lost = threading.Event()
        self._broker = ("", 0)
        self._losing = False
        self._open = True
        self._cut_off: int | None = None
        self._cut_at: int | None = None
        self._rate = 0
        self._pairs: list[Sockets] = []

    def start(self, broker: str) -> None:
        """Take connections and pass them on to a broker, a host and port."""
        host, port = broker.split(":")
        self._broker = (host, int(port))
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_an_answer(self) -> None:
        """Let the next produce request through and nothing back; then nobody is connected."""
        self.lost.clear()
        self._losing = True

    def cut_off(self, pid: int) -> None:
        """Let nothing of this process through, and nothing to it."""
        self._cut_off = pid
        ports = _ports_of(pid)
        for pair in list(self._pairs):
            with contextlib.suppress(OSError):
                if pair[0].getpeername()[1] in ports:
                    _close(pair)

    def cut_at(self, api_key: int) -> None:
        """Let the next request of this kind not through; then nobody is connected."""
        self._cut_at = api_key

    def slow_down(self, rate: int) -> None:
        """Let so many bytes a second of each connection through to the broker from now on."""
        self._rate = rate

    def mend(self) -> None:
        """Let everything through again."""
        self._cut_off = self._cut_at = None
        self._losing = False
        self._open = True

    def stop(self) -> None:
        """Cut every connection and take no more."""
        # Closing alone does not wake who waits in `accept`.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._cut()

    def _accept(self) -> None:
        while True:
            try:
                client, (_, port) = self._server.accept()
            except OSError:
                return
            if not self._open or (self._cut_off and port in _ports_of(self._cut_off)):
                client.close()
                continue
            pair = (client, socket.create_connection(self._broker))
            self._pairs.append(pair)
            answers_lost: set[bytes] = set()
            for pump in (self._requests, self._answers):
                threading.Thread(target=pump, args=(pair, answers_lost), daemon=True).start()

    def _requests(self, pair: Sockets, answers_lost: set[bytes]) -> None:
        client, broker = pair
        for frame in _frames(client):
            api_key, _, correlation = struct.unpack_from(">hh4s", frame, 4)
            if self._losing and api_key == PRODUCE:
                answers_lost.add(correlation)
            if api_key == self._cut_at:
                self._open = False
                self._cut()
                return
            if self._rate:
                time.sleep(len(frame) / self._rate)
            if not _sent(broker, frame):
                break
        _close(pair)

    def _answers(self, pair: Sockets, answers_lost: set[bytes]) -> None:
        client, broker = pair
        for frame in _frames(broker):
            if frame[4:8] in answers_lost:
                self._open = False
                self._cut()
                self.lost.set()
                return
            if not _sent(client, frame):
                break
        _close(pair)

    def _cut(self) -> None:
        for pair in self._pairs:
            _close(pair)


@contextlib.contextmanager
def relayed_kafka(folder: Path) -> Iterator[Relay]:
    """A Kafka of its own behind a relay."""
    relay = Relay()
    kafka = Kafka(folder, relay.address)
    kafka.start()
    relay.start(kafka.bootstrap)
    try:
        yield relay
    finally:
        relay.stop()
        kafka.stop()


def _ports_of(pid: int) -> set[int]:
    """The ports of a process's TCP connections on this machine."""
    process, held = Path(f"/proc/{pid}"), set[str]()
    for descriptor in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            held.add(os.readlink(descriptor))
    lines = [line.split() for line in (process / "net/tcp").read_text().splitlines()[1:]]
    return {int(line[1].partition(":")[2], 16) for line in lines if f"socket:[{line[9]}]" in held}


def _frames(source: socket.socket) -> Iterator[bytes]:
    """Requests or answers, each with the length that stands before it, until there are no more."""
    with contextlib.suppress(OSError), source.makefile("rb") as stream:
        while len(head := stream.read(4)) == 4:
            yield head + stream.read(int.from_bytes(head))


def _sent(target: socket.socket, frame: bytes) -> bool:
    try:
        target.sendall(frame)
    except OSError:
        return False
    return True


def _close(pair: Sockets) -> None:
    for one in pair:
        # Closing alone does not wake who reads.
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
