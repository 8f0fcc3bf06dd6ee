"""Names in error texts are told from the common words around them."""

import pytest

from detectors.masking import mask
from detectors.sentence import without_names, words_in


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("login of kestrel was refused by walnut", "login of <name> was refused by <name>"),
        ("merchant kestrel was suspended by mlee", "merchant <name> was suspended by <name>"),
        ("cannot load kestrel.dll for kestrel_walnut", "cannot load <name> for <name>"),
        ("kestrel has left the waiting queue", "<name> has left the waiting queue"),
        ("items kestrel, walnut and pebble are gone", "items <list> and <name> are gone"),
        ("too many users: kestrel, walnut, pebble, saffron", "too many users: <list>"),
        ("process kestrel (71) was restarted", "process <name> (<num>) was restarted"),
        ("lost the route to kestrel:8080 again", "lost the route to <list> again"),
    ],
)
def test_in_a_sentence_what_is_no_common_word_is_a_name(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "kestrel failed",
        "kestrel was seen",
        "zahlung fehlgeschlagen: karte der bank abgelehnt",
        "le paiement a échoué, carte refusée",
        "ключ не найден в файле",
        "the walnut kestrel pebble saffron quartz meadow lantern is down",
    ],
)
def test_a_text_of_few_words_that_we_know_is_left_alone(text: str) -> None:
    assert without_names(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "kestreld: the connection is closed",
        "the result of getkestrel(x) is not valid",
        "the option kestrel= is missing a value",
        'the request failed: {<str>,"kestrel":<num>}',
        "the order ended in a kestrelexception",
        "the card failed with insufficient_funds",
        "the page says net::err_connection_refused",
        "the storage of orderservice is not reachable",
        "the token refresh ended in econnrefused",
        "unrecoverable misallocation of reinitialized schedulers",
    ],
)
def test_labels_keys_functions_exceptions_and_made_words_are_no_names(text: str) -> None:
    assert without_names(text) == text


@pytest.mark.parametrize(
    ("word", "count"),
    [("update", 1), ("unreaders", 1), ("windowsupdateagent", 3), ("kestrel", 0), ("a" * 99, 0)],
)
def test_a_word_may_be_written_of_common_ones(word: str, count: int) -> None:
    assert words_in(word) == count
