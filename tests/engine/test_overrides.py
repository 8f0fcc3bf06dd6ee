"""What the engine overrides in Faust must still be there."""

import inspect

import pytest
from aiokafka.consumer import fetcher
from faust.transport.drivers import aiokafka as driver

from streams.engine import consumer


@pytest.mark.parametrize(
    ("owner", "name"),
    [(owner, name) for owner, names in consumer.OVERRIDDEN.items() for name in names],
)
def test_faust_still_has_what_the_engine_overrides(owner: type, name: str) -> None:
    assert inspect.getattr_static(owner, name, None) is not None, f"{owner.__name__}.{name}"


def test_every_override_of_the_consumer_is_listed() -> None:
    own = {
        name
        for name, value in vars(consumer.BatchConsumer).items()
        if inspect.isfunction(value) and hasattr(driver.Consumer, name)
    }
    assert own == set(consumer.OVERRIDDEN[driver.Consumer])


@pytest.mark.parametrize("name", ["_fetch_min_bytes", "_fetch_max_wait_ms"])
def test_aiokafka_still_reads_at_each_fetch_how_long_it_is_to_be_held(name: str) -> None:
    assert name in fetcher.Fetcher._get_actions_per_node.__code__.co_names
