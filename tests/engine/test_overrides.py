"""What the engine overrides or touches inside Faust, mode and aiokafka must still be there.

A new release of theirs that has it no more fails here, by name, before it fails in a worker.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from types import FunctionType

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.conn import AIOKafkaConnection
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.protocol.admin import DescribeGroupsRequest_v3
from aiokafka.protocol.api import Request
from faust.agents import Agent
from faust.app.router import Router
from faust.assignor.client_assignment import ClientMetadata
from faust.assignor.partition_assignor import PartitionAssignor
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import ConsumerMessage
from mode import Service

import streams.engine
from streams.engine.fetched import Fetched, FetchedRecords

THEIRS = ("faust", "mode", "aiokafka")
THEIR_RECORDS, THEIR_RESULT = FetchedRecords.__bases__[0], Fetched.__bases__[0]

RELIED_ON: dict[type, tuple[str, ...]] = {
    AIOKafkaClient: (
        "_bootstrap_servers",
        "_conns",
        "_get_conn",
        "_metadata_max_age_ms",
        "_metadata_update",
        "cluster",
    ),
    AIOKafkaConsumer: (
        "_client",
        "_coordinator",
        "_fetch_max_wait_ms",
        "_fetcher",
        "_max_poll_records",
        "_subscription",
    ),
    ClusterMetadata: ("_bootstrap_brokers", "leader_for_partition", "unauthorized_topics"),
    SubscriptionState: ("_last_fetch_ended",),
    DescribeGroupsRequest_v3: ("RESPONSE_TYPE",),
    Request: ("build",),
    GroupCoordinator: (
        "_coordination_task",
        "_group_instance_id",
        "_pending_exception",
        "generation",
        "member_id",
        "request_rejoin",
    ),
    fetcher.Fetcher: (
        "_default_reset_strategy",
        "_fetch_max_wait_ms",
        "_fetch_min_bytes",
        "_isolation_level",
        "_records",
    ),
    THEIR_RECORDS: (
        "_aborted_producers",
        "_check_crcs",
        "_consume_aborted_up_to",
        "_contains_abort_marker",
        "_isolation_level",
        "_records",
        "_records_iterator",
        "_tp",
        "_unpack_records",
        "next_fetch_offset",
    ),
    THEIR_RESULT: (
        "_partition_records",
        "_topic_partition",
        "_update_position",
        "check_assignment",
        "getall",
    ),
    Agent: ("_on_error",),
    ClientMetadata: ("url",),
    PartitionAssignor: ("_decompress", "_url", "external_topics_metadata", "on_assignment"),
    Router: ("external_topics_metadata",),
    ConsumerMessage: ("acked",),
    driver.Consumer: (
        "RebalanceListener",
        "_acked",
        "_acked_index",
        "_commit",
        "_drain_messages",
        "_getmany",
        "_new_consumer_thread",
        "_thread",
        "commit",
        "on_buffer_drop",
        "on_buffer_full",
        "on_partitions_revoked",
        "on_task_error",
        "perform_seek",
        "stop_flow",
        "verify_event_path",
    ),
    driver.AIOKafkaConsumerThread: (
        "_consumer",
        "_create_worker_consumer",
        "_ensure_consumer",
        "_fetch_records",
        "on_start",
        "on_thread_stop",
    ),
    driver.ConsumerRebalanceListener: (
        "_thread",
        "on_partitions_assigned",
        "on_partitions_revoked",
    ),
    driver.Producer: ("on_start",),
    driver.Transport: ("Consumer", "Producer"),
    faust.Schema: ("loads_key", "loads_value"),
    TableManager: ("_update_channels", "on_start", "recovery"),
    faust.Worker: ("_sentinel_task", "stop"),
    Service: ("_stopped",),
}


def has(owner: type, name: str) -> bool:
    """Whether a class has an attribute, or gives it to its instances."""
    return inspect.getattr_static(owner, name, None) is not None or any(
        name in given(one) for one in owner.__mro__ if _is_theirs(one)
    )


@cache
def given(owner: type) -> frozenset[str]:
    """What the methods of a class assign to `self`."""
    return frozenset(
        node.attr
        for node in ast.walk(ast.parse(dedent(inspect.getsource(owner))))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _of_self(node)
    )


def _of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _is_theirs(owner: type) -> bool:
    return owner.__module__.split(".")[0] in THEIRS


@pytest.mark.parametrize(
    ("owner", "name"), [(owner, name) for owner, names in RELIED_ON.items() for name in names]
)
def test_they_still_have_what_the_engine_relies_on(owner: type, name: str) -> None:
    assert has(owner, name), f"{owner.__module__}.{owner.__name__}.{name} is gone"


def test_what_is_gone_is_noticed() -> None:
    assert not has(driver.Consumer, "_never_was")
    assert not has(GroupCoordinator, "_never_was")


def found() -> Iterator[tuple[str, str]]:
    """Where the engine overrides or touches what is theirs, and its name."""
    for path in sorted(Path(streams.engine.__file__).parent.glob("*.py")):
        module = importlib.import_module(f"streams.engine.{path.stem}")
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _is_private(node.attr) and not _of_self(node):
                receiver = node.value.id if isinstance(node.value, ast.Name) else ""
                if receiver not in ("os", "KafkaError"):
                    yield f"{path.name}:{node.lineno}", node.attr
            if isinstance(node, ast.ClassDef):
                for base in filter(_is_theirs, getattr(module, node.name).__bases__):
                    yield from ((node.name, name) for name in _in_class(node, base))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _in_class(node: ast.ClassDef, base: type) -> Iterator[str]:
    """What a class of ours overrides of its base, and what of `self` is the base's."""
    own = set(_defined(node))
    yield from (name for name in own if not name.endswith("__") and has(base, name))
    yield from (
        one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and _is_private(one.attr) and _of_self(one)
        if one.attr not in own
    )


def _defined(node: ast.ClassDef) -> Iterator[str]:
    """What a class defines, or assigns to `self`."""
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield one.name
        elif isinstance(one, ast.Assign | ast.AnnAssign):
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))
    yield from (
        one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store) and _of_self(one)
    )


def test_all_that_the_engine_relies_on_is_named_and_nothing_else() -> None:
    named = {name for names in RELIED_ON.values() for name in names}
    assert not [(place, name) for place, name in found() if name not in named]
    mentioned = "\n".join(
        path.read_text() for path in Path(streams.engine.__file__).parent.glob("*.py")
    )
    assert not [name for name in named if name not in mentioned]


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        (fetcher.Fetcher._get_actions_per_node, "_fetch_min_bytes"),
        (fetcher.Fetcher._get_actions_per_node, "_fetch_max_wait_ms"),
        (fetcher.Fetcher._proc_fetch_request, "_default_reset_strategy"),
        (fetcher.Fetcher._update_fetch_positions, "_default_reset_strategy"),
        (fetcher.Fetcher._proc_fetch_request, "PartitionRecords"),
        (fetcher.Fetcher._proc_fetch_request, "FetchResult"),
        (AIOKafkaClient._md_synchronizer, "_metadata_max_age_ms"),
        (AIOKafkaClient._md_synchronizer, "_metadata_update"),
        (AIOKafkaClient._metadata_update, "_conns"),
        (AIOKafkaClient._metadata_update, "_get_conn"),
        (ClusterMetadata.broker_metadata, "_bootstrap_brokers"),
        (AIOKafkaClient.ready, "_get_conn"),
        (AIOKafkaConnection._handle_frame, "RESPONSE_TYPE"),
        (Request.prepare, "build"),
        (GroupCoordinator._maybe_leave_group, "_group_instance_id"),
        (SubscriptionState.fetcher_idle_time.fget, "_last_fetch_ended"),
    ],
)
def test_aiokafka_still_looks_at_what_the_engine_sets(reader: FunctionType, name: str) -> None:
    assert name in reader.__code__.co_names
