"""The reference pages in the repository are what the declarations say."""

from pathlib import Path

import pytest

from schemas.topics import Topic
from streams.kinds import AGENTS
from streams.reference.pages import EVERY_TOPIC, PAGES, readme

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_declared(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name](), "make docs"


def test_the_readme_lists_the_topics_as_declared() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text == readme(text), "make docs"


def test_every_topic_has_a_writer_a_reader_a_key_and_is_on_the_page() -> None:
    page = PAGES["topics.md"]()
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `support.")]
    assert len(rows) == len(EVERY_TOPIC)
    assert all(len(row) == 8 and all(cell.strip(" |") for cell in row) for row in rows)


@pytest.mark.parametrize("topic", EVERY_TOPIC, ids=lambda topic: topic.name)
def test_every_agent_that_writes_or_reads_a_topic_is_one_that_runs(topic: Topic) -> None:
    named = {*topic.writers, *topic.readers} - {"every agent"}
    agents = {name.removesuffix(" agent") for name in named if name.endswith(" agent")}
    assert agents <= set(AGENTS)


def test_a_section_of_the_policy_that_explains_its_keys_explains_each() -> None:
    rows = [line.split(" | ") for line in PAGES["policy.md"]().splitlines() if line[:3] == "| `"]
    explained = [row for row in rows if len(row) == 4]
    assert explained
    assert all(row[-1].strip(" |") for row in explained)
