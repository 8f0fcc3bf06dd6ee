"""What the broker that keeps a group says of it.

librdkafka's admin client aborts the process when the connection drops at the moment it is to ask a
group's broker (confluentinc/librdkafka#4605): such questions go by aiokafka, which is imported with
this module, and so only where one is asked.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import cycle
from typing import Any, Final, NamedTuple

from aiokafka.client import CoordinationType
from aiokafka.conn import AIOKafkaConnection, collect_hosts, create_conn
from aiokafka.errors import BrokerResponseError, KafkaConnectionError
from aiokafka.errors import KafkaError as ClientError
from aiokafka.protocol.admin import DescribeGroupsRequest_v3, DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request
from aiokafka.protocol.coordination import FindCoordinatorRequest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AclOperation

from streams.engine.access import PASSING
from streams.engine.connection import ANSWER_TIMEOUT, REQUEST_TIMEOUT, Connection

PATIENCE: Final = {
    **dict.fromkeys(PASSING, REQUEST_TIMEOUT),
    KafkaError._TIMED_OUT: REQUEST_TIMEOUT,
    KafkaError._TRANSPORT: ANSWER_TIMEOUT,
}
"""Seconds for which a group is asked for again, by what has come of the last question: from the
first, or where nobody was there to ask, since somebody was.
"""

PAUSE: Final = 0.1
"""Seconds between a question and the next."""

CLOSING: Final = 1.0
"""Seconds for a connection to be closed."""


class Group(NamedTuple):
    """A group's state by Kafka's name for it, and what we may do with it.

    One that nobody has heard of is "Dead". No operations means that the broker does not tell.
    """

    state: str
    authorized_operations: frozenset[AclOperation]


class _DescribeGroups(DescribeGroupsRequest_v3):
    """aiokafka reads the answer as one of v2, which ends before what we may do."""

    RESPONSE_TYPE = DescribeGroupsResponse_v3


class _Question(Request[_DescribeGroups]):
    API_KEY = _DescribeGroups.API_KEY

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[_DescribeGroups]) -> _DescribeGroups:
        return request_struct_class([self._group], True)


def describe_group(connection: Connection, group: str) -> Group:
    """What the broker says of a consumer group and of what we may do with it.

    Blocks, and runs an event loop of its own: not for a thread in which one runs. Raises
    `KafkaException` as librdkafka would.
    """
    # With a factory the thread's event loop, or that it has none, is left as it is.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner, _in_silence():
        return runner.run(_describe(connection, group))


async def _describe(connection: Connection, group: str) -> Group:
    settings = connection.aiokafka()
    settings["request_timeout_ms"] = int(ANSWER_TIMEOUT * 1000)
    begun = heard = time.monotonic()
    for host, port, _ in cycle(collect_hosts(connection.bootstrap)):
        try:
            return await _ask(host, port, settings, group)
        except KafkaException as error:
            code, now = error.args[0].code(), time.monotonic()
            since = heard if code == KafkaError._TRANSPORT else begun
            if now - since >= PATIENCE.get(code, 0.0):
                raise
            if code != KafkaError._TRANSPORT:
                heard = now
        await asyncio.sleep(PAUSE)
    raise AssertionError("a connection has an address")


async def _ask(host: str, port: int, settings: dict[str, Any], group: str) -> Group:
    with _told(gone=KafkaError._TRANSPORT):
        async with _connected(host, port, settings) as anyone:
            found = await anyone.send(FindCoordinatorRequest(group, CoordinationType.GROUP))
    _check(found.error_code)
    # Others take some seconds to notice that it is gone, and to take its groups over.
    with _told(gone=KafkaError.COORDINATOR_NOT_AVAILABLE):
        async with _connected(found.host, found.port, settings) as coordinator:
            answer = await coordinator.send(_Question(group))
    [(code, _, state, _, _, _, bits)] = answer.groups
    _check(code)
    return Group(state, frozenset(one for one in AclOperation if bits >> one.value & 1))


@contextmanager
def _told(gone: int) -> Iterator[None]:
    """Raise `KafkaException` for what aiokafka raises; `gone` is the code where nobody is there."""
    try:
        yield
    except BrokerResponseError as error:
        raise KafkaException(KafkaError(error.errno, str(error))) from error
    except TimeoutError as error:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from error
    except (KafkaConnectionError, OSError) as error:
        raise KafkaException(KafkaError(gone, str(error))) from error
    except (ClientError, NotImplementedError) as error:  # the latter of a broker's versions
        raise KafkaException(KafkaError(KafkaError._FAIL, str(error))) from error


def _check(code: int) -> None:
    if code:
        raise KafkaException(KafkaError(code))


@asynccontextmanager
async def _connected(
    host: str, port: int, settings: dict[str, Any]
) -> AsyncIterator[AIOKafkaConnection]:
    made = await create_conn(host, port, **settings)
    try:
        yield made
    finally:
        await asyncio.wait([made.close()], timeout=CLOSING)


@contextmanager
def _in_silence() -> Iterator[None]:
    """Nothing is logged of requests, of which one is the password, nor that it goes in the clear.

    The worker's own connections say that; nobody may have set up a log yet.
    """

    def is_error(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR

    log = logging.getLogger("aiokafka.conn")
    log.addFilter(is_error)
    try:
        yield
    finally:
        log.removeFilter(is_error)
