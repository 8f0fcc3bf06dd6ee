"""The tree in the docstring of `streams.errors` is the tree of its classes."""

import re
from collections.abc import Iterator

from streams import errors
from streams.errors import BatonError


def tree(error: type[BatonError]) -> Iterator[type[BatonError]]:
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from tree(child)


def test_the_docstring_draws_every_error_with_its_exit_code() -> None:
    drawn = re.findall(r"── (\w+) +(\d+) ", errors.__doc__ or "")
    assert drawn == [(error.__name__, str(error.exit_code)) for error in tree(BatonError)]


def test_exit_codes_are_distinct() -> None:
    codes = [BatonError.exit_code, *(error.exit_code for error in tree(BatonError))]
    assert len(set(codes)) == len(codes)
