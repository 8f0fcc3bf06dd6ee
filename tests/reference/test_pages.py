"""The reference pages in the repository are what the declarations say."""

from pathlib import Path

import pytest

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


def test_a_section_of_the_policy_that_explains_its_keys_explains_each() -> None:
    rows = [line.split(" | ") for line in PAGES["policy.md"]().splitlines() if line[:3] == "| `"]
    explained = [row for row in rows if len(row) == 4]
    assert explained
    assert all(row[-1].strip(" |") for row in explained)
