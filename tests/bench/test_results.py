"""The parts of the benchmarks that only reckon and write."""

import time
from datetime import date
from pathlib import Path

import pytest

from tests.bench.contenders import BATON, QUIX, TWO_BATONS, kafka_streams
from tests.bench.feed import Feed, outputs_of
from tests.bench.goals import missed
from tests.bench.load import stamp, stamp_of
from tests.bench.measure import Sample, Span, between
from tests.bench.page import Place, write_page
from tests.bench.pairs import results_of
from tests.bench.report import print_table, write_plot
from tests.bench.results import Line, Result, json_line, percentile, ratios, read_lines


def test_a_line_says_the_median_in_four_digits() -> None:
    result = Result("count", "Baton", (300_000.0, 123_456.0, 100_000.0), "messages/s")
    line = json_line(result)
    assert line == '{"bench":"count","what":"Baton","value":123500.0,"unit":"messages/s"}'
    assert read_lines(f"{line}\n") == [Line("count", "Baton", 123_500.0, "messages/s")]
    assert result.spread == (100_000.0, 300_000.0)


def test_a_ratio_is_one_of_neighbouring_runs() -> None:
    assert ratios([10.0, 40.0], [5.0, 80.0]) == (2.0, 0.5)
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (99, 10), (100, 10), (0, 1)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile(list(range(10, 0, -1)), percent) == value


def test_a_span_counts_only_what_lies_between_its_samples() -> None:
    span = between(Sample(100, 5.0, 1.0), Sample(1_100, 7.0, 2.5), commits=3)
    assert (span.rate, span.cpu_per_million, span.commits_per_second) == (500.0, 1_500.0, 1.5)


def test_the_ratio_to_a_peer_takes_the_runs_of_its_own_group() -> None:
    def spans(*seconds: float) -> list[Span]:
        return [Span(1_000, second, 1.0) for second in seconds]

    groups = [{QUIX: spans(4, 2), BATON: spans(1, 1)}, {BATON: spans(5)}]
    found = {(result.what, result.unit): result.values for result in results_of("b", groups)}
    assert found["Baton / Quix Streams", "ratio"] == (4.0, 2.0)
    assert found["Baton", "messages/s"] == (1_000.0, 1_000.0, 200.0)


def test_two_workers_are_set_against_two_threads_only() -> None:
    once = [Span(1_000, 1.0, 1.0)]
    line = (kafka_streams(1), BATON, kafka_streams(2), TWO_BATONS)
    found = [r.what for r in results_of("b", [dict.fromkeys(line, once)]) if r.unit == "ratio"]
    assert found == [
        "Baton / Kafka Streams, 1 thread",
        "Baton / Kafka Streams, 2 threads",
        "Baton, 2 workers / Kafka Streams, 2 threads",
    ]


def test_the_right_number_of_outputs_is_that_of_the_messages_fed() -> None:
    feed = Feed(1_000, 30, every_key_first=True)
    seen: dict[bytes, int] = {}
    outputs = 0
    for message in feed.messages():
        seen[message["key"]] = count = seen.get(message["key"], 0) + 1
        outputs += count % 20 == 0
    assert (sum(seen.values()), len(seen)) == (feed.total, 30)
    assert outputs == outputs_of(feed, 20) > 0


def test_the_table_shows_what_a_figure_was_before(capsys: pytest.CaptureFixture[str]) -> None:
    before = [Line("b", "Baton", 1_234_567.0, "s"), Line("b", "gone", 1.0, "s")]
    print_table([Result("b", "Baton", (5.0,), "s"), Result("b", "new", (6.0,), "s")], before)
    shown = capsys.readouterr().err
    assert "1,235,000" in shown
    assert "gone" not in shown


def test_a_figure_that_falls_short_is_named_with_its_goal() -> None:
    results = [
        Result("count", "Baton / Quix Streams", (4.0, 6.0, 4.5), "ratio"),
        Result("count", "Baton / stock Faust", (80.0,), "ratio"),
        Result("decide", "demo: a message", (15.04,), "us/message"),
        Result("latency", "Baton, 500 messages/s, p50", (1e9,), "ms"),
    ]
    assert missed(results) == [
        "count: Baton / Quix Streams: 4.5 ratio, goal >= 5",
        "decide: demo: a message: 15.04 us/message, goal <= 15",
    ]


def test_the_table_shows_a_goal_where_there_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Result("count", "Baton / Quix Streams", (4.0,), "ratio")])
    assert ">= 5" in capsys.readouterr().err


def test_a_stamp_is_read_from_the_end_of_a_value() -> None:
    assert stamp_of(b"count..." + stamp()) == pytest.approx(time.monotonic(), abs=1)


def test_the_plot_shows_every_figure(tmp_path: Path) -> None:
    results = [Result("b", "Baton", (1.0, 2.0), "s"), Result("b", "<other>", (0.0,), "s")]
    write_plot(results, tmp_path / "made" / "plot.svg")
    text = (tmp_path / "made" / "plot.svg").read_text()
    assert "Baton" in text
    assert "&lt;other&gt;" in text


def test_the_page_keeps_the_sections_of_benches_that_were_not_run(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    then, now = (Place(date(2026, 1, day), f"c{day}", "2 cores") for day in (1, 2))
    write_page([Result("decide", "demo: a message", (20.0, 10.0, 12.0), "us/message")], page, then)
    write_page([Result("count", "Baton / Quix Streams", (4.0,), "ratio")], page, then)
    write_page([Result("decide", "demo: a message", (16.0,), "us/message")], page, now)
    _, decide, count = page.read_text().split("\n## ")
    assert "2026-01-02 at c2" in decide
    assert "| demo: a message | **16** | <= 15 | 16 | 16 | 1 | us/message |" in decide
    assert "2026-01-01 at c1" in count
    assert count.count("\n|") == 3
