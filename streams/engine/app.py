"""A Faust app as the engine needs it, and the way to run it."""

import asyncio
import gc
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import faust
from faust.assignor.client_assignment import ClientMetadata
from faust.assignor.partition_assignor import PartitionAssignor
from faust.tables import TableManager
from faust.types.auth import CredentialsT

from streams.engine.config import EngineConfig
from streams.engine.connection import Connection
from streams.engine.consumer import SCHEME
from streams.engine.errors import BrokerFailed, EngineError
from streams.engine.reader import engine_of

if TYPE_CHECKING:
    from streams.engine.engine import Engine

REQUEST_TIMEOUT_FACTOR = 5
"""Requests may take longer than a session: joining a group waits for its other members."""
SWITCH_INTERVAL = 0.02
"""Seconds a thread may keep the interpreter while others want it. At full load there are three
(handling, fetching, checkpoint), and every change costs; Python's 0.005 costs a tenth more CPU."""
NEW_OBJECTS = 100_000
"""Containers made and not dropped since the collector's last look that make it look again: more
than a batch needs at a time. With Python's 700, or 20,000, it looks through batches under way."""
STOP_LIMIT = 10.0
"""Seconds from being told to stop to the end of the process, whatever the broker does."""


class BatchSchema(faust.Schema[Any, Any]):
    """The value of an event is the batch itself."""

    def __init__(self) -> None:
        super().__init__(key_type=bytes, value_type=bytes)

    def loads_key(self, app: Any, message: Any, **kwargs: Any) -> Any:
        """Batches have no key."""

    def loads_value(self, app: Any, message: Any, **kwargs: Any) -> Any:
        """Nothing to decode."""
        return message.value


class _NoTables(TableManager):
    """No tables of Faust's own: it would wait a second for some to be declared."""

    async def on_start(self) -> None:
        """Begin at once."""
        await self._update_channels()
        await self.recovery.start()


class _Assignor(PartitionAssignor):
    """Takes the place that a worker of our name had, by whatever URL the group's leader knew it.

    Faust would not, and an earlier release went by the host's name.
    """

    _known_as = ""

    def on_assignment(self, assignment: Any) -> None:
        """Take over what the leader gave us."""
        given = ClientMetadata.loads(self._decompress(assignment.user_data))
        self._known_as = cast(ClientMetadata, given).url
        super().on_assignment(assignment)
        self._known_as = ""

    @property
    def _url(self) -> Any:
        return self._known_as or super()._url


class _Worker(faust.Worker):
    """Faust's worker, except that it ends in time: its clients would wait for a broker for ever."""

    async def stop(self) -> None:
        """Stop everything, or give up at the limit: what is not committed then is done again."""
        limit = threading.Timer(STOP_LIMIT, _give_up, [engine_of(self.app)])
        limit.daemon = True
        limit.start()
        await super().stop()

    async def _sentinel_task(self) -> None:
        # All else has ended by now; mode would sleep a second here.
        await asyncio.sleep(0)


def make_app(config: EngineConfig) -> faust.App:
    """A Faust app whose group, broker and folder are the engine's.

    Faust's own tables, topic declarations and web server (which would listen on all interfaces and
    serve table data) are off.
    """
    session = config.session_timeout / 1000
    # Faust makes its folder, but not the ones above it.
    folder = config.data_dir / config.group
    folder.mkdir(parents=True, exist_ok=True)
    # It logs each request it sends: to log on with PLAIN is to send the password.
    logging.getLogger("aiokafka.conn").setLevel(logging.INFO)
    return faust.App(
        config.group,
        broker=broker_url(config.connection.bootstrap),
        broker_credentials=credentials(config.connection),
        datadir=str(folder / "faust"),
        web_enabled=False,
        # By it the group's leader tells workers apart in what it says who got; it is no address. Of
        # a query's text nothing is left out, as the dots of a path are.
        canonical_url=f"http://worker/?{quote(config.worker_id, safe='')}",
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=config.fetch_bytes,
        broker_max_poll_records=config.queued_records,
        # By its name a worker that was killed takes its place again without a rebalance; without,
        # the others would stand still from its return until the end of its old session. One that is
        # told to stop leaves: see `ReaderThread.on_thread_stop`.
        consumer_group_instance_id=config.worker_id if config.exactly_once else None,
        broker_session_timeout=session,
        broker_heartbeat_interval=config.heartbeat_interval / 1000,
        broker_request_timeout=session * REQUEST_TIMEOUT_FACTOR,
        stream_recovery_delay=0.0,
        TableManager=_NoTables,
        PartitionAssignor=_Assignor,
    )


def credentials(connection: Connection) -> CredentialsT | None:
    """What Faust's broker wants to be given; None where it wants nothing."""
    context = connection.ssl_context() if connection.protocol.encrypted else None
    if connection.protocol.with_password:
        return faust.SASLCredentials(
            username=connection.username,
            password=connection.password,
            mechanism=str(connection.mechanism),
            ssl_context=context,
        )
    return None if context is None else faust.SSLCredentials(context)


def broker_url(bootstrap: str) -> str:
    """The Faust broker URL for comma-separated host:port pairs."""
    return ";".join(f"{SCHEME}://{host.strip()}" for host in bootstrap.split(","))


def run(app: faust.App, log_level: int = logging.INFO) -> None:
    """Run the app until SIGTERM or SIGINT; ends the process.

    What Faust would only answer with a traceback is looked at first: whether there is a broker,
    and the topics.
    """
    try:
        engine_of(app).prepare()
    except EngineError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    sys.setswitchinterval(SWITCH_INTERVAL)
    # What is there now stays: the collector would stop the world to look through all of it.
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    # mode asks for the thread's event loop, which Python no longer makes where there is none.
    asyncio.set_event_loop(asyncio.new_event_loop())
    worker, code = _Worker(app, loglevel=log_level, redirect_stdouts=False), 0
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    # A thread of aiokafka's that still looks for a broker that is gone would keep us for ever.
    logging.shutdown()
    os._exit(code)


def _give_up(engine: "Engine") -> None:
    if not engine.partitions:
        # All that was done is committed: the group only learns later that we are gone.
        logging.shutdown()
        os._exit(0)
    error = BrokerFailed(
        f"told to stop, but the broker has not answered in {STOP_LIMIT:.0f} s: what no checkpoint "
        "holds is done again by whoever gets the partitions"
    )
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    logging.shutdown()
    os._exit(error.exit_code)
