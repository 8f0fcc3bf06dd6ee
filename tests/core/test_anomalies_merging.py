"""Reports that came under an alias count for the older problem, each once."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.anomalies import FingerprintState, merge
from streams.core.anomalies.state import Bucket, Buckets, Sighting

SIGHTINGS = st.builds(Sighting, st.integers(0, 9), st.booleans())
BUCKETS: st.SearchStrategy[Buckets] = st.dictionaries(
    st.integers(0, 4),
    st.dictionaries(
        st.sampled_from(("a:1", "a:2", "r:3")),
        st.dictionaries(st.sampled_from("TUV"), SIGHTINGS, min_size=1),
        min_size=1,
    ),
)


def state(fingerprint: str, buckets: Buckets, settled: int = -1) -> FingerprintState:
    return FingerprintState("t", fingerprint, "technical", "", None, settled, 0, 0, buckets)


def seen(bucket: Bucket) -> set[tuple[str, str]]:
    return {(who, ticket) for who, tickets in bucket.items() for ticket in tickets}


@given(BUCKETS, BUCKETS, st.integers(-1, 4))
def test_what_either_had_is_there_once_at_its_earliest(
    older: Buckets, newer: Buckets, settled: int
) -> None:
    merged = merge("old", state("old", older, settled), state("new", newer))
    assert merged.fingerprint == "old"
    for number in older.keys() | newer.keys():
        mine, theirs = older.get(number, {}), newer.get(number, {})
        if number <= settled:
            assert merged.buckets.get(number, {}) == mine
            continue
        assert seen(merged.buckets[number]) == seen(mine) | seen(theirs)
        for who, tickets in merged.buckets[number].items():
            for ticket, sighting in tickets.items():
                both = [one[who][ticket] for one in (mine, theirs) if ticket in one.get(who, {})]
                assert sighting.at == min(one.at for one in both)


@given(BUCKETS)
def test_an_older_problem_without_state_takes_over_that_of_its_alias(buckets: Buckets) -> None:
    assert merge("old", None, state("new", buckets)) == state("old", buckets)
