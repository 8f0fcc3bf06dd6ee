"""The watch of `conftest.py` fails a test in which one of our loggers reported an error."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py").read_text()

LOGGING = """
import logging
import pytest

def test_error(): logging.getLogger("streams.engine.engine").error("lost a partition")
def test_critical(): logging.getLogger("detectors").critical("no model")
def test_warning(): logging.getLogger("streams").warning("slow")
def test_error_of_others(): logging.getLogger("faust").error("theirs")
def test_error_of_a_like_name(): logging.getLogger("streamsets").error("theirs")
@pytest.mark.logs_errors
def test_expected(): logging.getLogger("streams").error("as it should")
"""


@pytest.mark.logs_errors
def test_an_error_that_was_only_logged_fails_the_test(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = logs_errors: expected\n")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(LOGGING)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=6, errors=2)
    result.stdout.fnmatch_lines(["*lost a partition*"])
