"""Problems: fingerprint, complexity, entities."""

import pytest

from detectors import Fingerprint, analyze
from detectors.complexity import together
from detectors.fingerprint import PROBLEM_FROM
from detectors.masking import mask, opened
from detectors.message import Message
from detectors.pipeline import read_in_english
from detectors.scoring import signal


def fingerprint(text: str) -> Fingerprint:
    found = analyze([text])[0].fingerprint
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    "texts",
    [
        [
            "Checkout fails with 502 Bad Gateway",
            "customers cannot pay, it says bad gateway",
            "POST /v1/payments -> HTTP 502",
            '{"error":"bad_gateway","status":502} from the payments endpoint',
            'Bezahlen geht nicht, wir sehen "502 Bad Gateway" an der Kasse, checkout steht',
        ],
        ["checkout is broken", "we can't take payments, the cart does not work"],
        ["the export is very slow", "exporting takes forever since the update"],
        [
            "java.io.IOException: stream 8841 closed at 10:30:01",
            "we see java.io.IOException: stream 17 closed at 11:02:59",
        ],
        [
            'I get "Could not save document 4711 for user ab@c.de" on every save',
            'it says "Could not save document 9 for user x.y@z.org", why?',
        ],
        [
            'error: "Payment declined by bank". We tried two cards since lunch.',
            'Error: "Payment declined by bank" when my colleague pays',
            "I always get error: 'Payment declined by bank', please help",
        ],
        [
            'Error: "Session expired" again this morning',
            'it says "Session expired" whenever I come back from a break',
        ],
    ],
)
def test_one_failure_in_different_words_has_one_fingerprint(texts: list[str]) -> None:
    assert len({fingerprint(text).id for text in texts}) == 1, [fingerprint(t) for t in texts]


def test_error_codes_are_no_numbers_to_be_masked() -> None:
    assert fingerprint("it says error code 4711").id != fingerprint("it says error code 4712").id


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("login fails, I get a 500", "login: http 500"),
        ("404 when I open the dashboard", "reports: http 404"),
        ("checkout is down: 503 for everyone", "payments: http 503"),
        ("HTTP 502 on checkout", "payments: http 502"),
        ("we get 500 errors on checkout", "payments: http 500"),
        ("every export ends in 504 timeouts", "export: http 504"),
        ("the upload: 504 times out", "upload: http 504"),
        ("error no. 17 on the export", "error 17"),
        ("the login page shows a 404 again and again", "login: http 404"),
        ("the upload returns 403 for all users", "upload: http 403"),
        ("error 1017 on startup", "error 1017"),
        ("the import stops at 99%, error 7", "error 7"),
        ("the app crashed, error E1042", "error e1042"),
        ("error EC-0412 on the printer", "error ec-0412"),
    ],
)
def test_a_status_and_a_code_are_taken_from_the_words_around_them(text: str, named: str) -> None:
    assert fingerprint(text).template == named


@pytest.mark.parametrize(
    "text",
    [
        "it is slow since we have 500 users and fails",
        "fails for 404 customers",
        "fails for more than 500 of our customers",
        "the export fails after 500 rows",
        "the import fails since we have 401 employees",
        "1,500 errors since today",
        "login fails for 500 active accounts",
        "der Export schlägt für 500 Kunden fehl",
        "the upload of 1,500 rows fails",
        "uploads over 500 mb fail",
        "it gets 500 requests and fails",
        "room 404: the TV has no signal",
        "the order 404 failed",
        "I was charged 500 and the order failed",
        "a 500 dollar charge failed",
        "paid eur500 and it fails",
        "error 3 times today",
        "we see an error 500 times a day",
        "an error 2 days in a row when saving",
        "error 12 hours ago and it still fails",
        "error eur500 was not paid out",
        "error 2024-05-03 the report failed",
        "error 10:30 the report failed",
    ],
)
def test_a_number_that_counts_or_costs_or_dates_is_no_error(text: str) -> None:
    found = analyze([text])[0].fingerprint
    assert found is None or not any(char.isdigit() for char in found.template), found


def test_what_an_error_names_in_quotes_is_not_the_whole_error() -> None:
    assert fingerprint("TypeError: 'payload' is not iterable").template == (
        "typeerror: <str> is not iterable"
    )
    assert fingerprint("error: 'settings.toml' does not exist").template != (
        fingerprint("error: 'settings.toml' is not readable").template
    )


def test_different_failures_have_different_fingerprints() -> None:
    texts = [
        "the export is slow",
        "the login fails",
        "checkout gives 502 bad gateway",
        'I get "Could not save document 1"',
    ]
    assert len({fingerprint(text).id for text in texts}) == len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "how do I export?",
        "thanks",
        "where is my order?",
        "what does error mean in English",
        "how to turn on dark mode",
        "How can I reset my password?",
    ],
)
def test_a_text_without_a_problem_has_no_fingerprint(text: str) -> None:
    assert analyze([text])[0].fingerprint is None


def test_a_problem_that_no_pattern_knows_is_reported_where_the_model_is_sure() -> None:
    texts = [
        "cables are fine. still drops. its always 8 in the evening",
        "The dealer dashboard shows last week's numbers. Refreshing doesn't help, same on my"
        " colleague's machine. Our board meets this afternoon.",
    ]
    assert all(signal(Message.of(text), "technical").score < PROBLEM_FROM for text in texts)
    assert all(fingerprint(text).meaning for text in texts)


def test_a_form_is_open_where_another_text_has_another_word_or_chunk() -> None:
    form = opened("disk [<name>] of ledger,  full", "disk [*alarm*] of cart, full")
    assert form == "disk <*> of <*>,  full"


def test_an_id_is_the_same_in_every_process() -> None:
    assert fingerprint("checkout gives 502 bad gateway").id == "b8f2be0c77025f6d"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Timeout after 3000 ms", "timeout after <num>"),
        ("GET https://x.example/a?b=1 failed", "get <url> failed"),
        ("at 2024-05-03T10:30:01Z on 10.0.0.7:8080", "at <num> on <num>"),
        ("since Fri May  3 10:30:01 2024: no answer", "since <time>: no answer"),
        ("cannot open /var/lib/app/data.db", "cannot open <path>"),
        (r"cannot open C:\Users\me\data.db", "cannot open <path>"),
        ("user 3f2b8c1e-1111-4222-8333-444455556666 not found", "user <num> not found"),
        ("mail to a.b@c.de bounced", "mail to <email> bounced"),
        ("no child `tab' in it", "no child <str> in it"),
        ("freed <acme.Basket object at 0x7f3a> twice", "freed <val> twice"),
        ("kept {'a': 'b', 'c': 'd'} for good", "kept {<list>} for good"),
        ("kept {} for good", "kept {<list>} for good"),
        ("no route to db-a.internal", "no route to <host>"),
        ("at 0x7ffde in main", "at <num> in main"),
        ("retry=no, user='jo ann', took 12.5 kB", "retry=<val>, user=<str>, took <num>"),
        ("cannot read 'name' of undefined", "cannot read <str> of undefined"),
        ("nodes 1, 2 and 3, 4, 5 are down", "nodes <list> and <list> are down"),
        ("no bean of class com.acme.shop.Basket here", "no bean of class <val> here"),
        ("state: com.acme.shop.OPEN", "state: com.acme.shop.open"),
        ("hit org.acme.io.ClosedException", "hit org.acme.io.closedexception"),
        ("job 'A b' of <17.a@mx> by tcp/7 says '5'", "job <str> of <email> by <num> says <str>"),
        ("fan speed..........12", "fan speed.........<num>"),
        (
            '{"level":"warn","msg":"rules are old","age":7}',
            '{"level":<str>,"msg":"rules are old","age":<num>}',
        ),
        ('level=warn msg="rules are old" at=x', 'level=<val> msg="rules are old" at=<val>'),
        ('cannot open "a.txt": no space', "cannot open <str>: no space"),
        ("route to fe80::aabb:1 is lost", "route to <num> is lost"),
        ("3 markers, 2 mayors", "<num> markers, <num> mayors"),
        ("relay=mx.example.com[10.0.0.1], id=<k1>", "relay=<list>, id=<val>"),
        ("hosts=[alpha, beta], ids=a,b,c, ok=1", "hosts=[<list>], ids=<list>, ok=<num>"),
        ("ws=Source{10113}, at=beta", "ws=<val>, at=<val>"),
        (
            "link from 10.0.0.1 () is up, channel '' too",
            "link from <num> (<val>) is up, channel <str> too",
        ),
        ("main() is late", "main() is late"),
        ("(using password: YES), retry: no reason", "(using password: <val>), retry: no reason"),
        ('said "page7.html?a" twice', "said <str> twice"),
        ("rule 'night mode' is on", "rule <str> is on"),
        ('said "GET / HTTP/1.1" at 9', 'said "get <path> <num>" at <num>'),
        ("wrong password of kestrel 71 again", "wrong password of <name> <num> again"),
        ("ask 10.0.0.1 to drop blk_71 blk_-82 blk_9", "ask <num> to drop <list>"),
        ("name= uid=0 peer=", "name=<val> uid=<num> peer=<val>"),
        (r'out="get \"/a\": refused" n=1', "out=<str> n=<num>"),
    ],
)
def test_variable_parts_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


def complexity(text: str) -> int:
    return analyze([text])[0].complexity


def test_linked_variables_of_one_problem_add_up() -> None:
    text = (
        "Since the update the Salesforce sync fails. Okta pushes users over SCIM behind our proxy"
        " and the webhook then returns error 409."
    )
    assert complexity(text) >= 4


def test_unrelated_questions_do_not_add_up() -> None:
    assert complexity("How do I connect Slack? Also, do you support Okta, SAML and webhooks?") == 0
    assert (
        complexity("The app crashes. By the way, how do I set up Okta, Jira, Slack and a proxy?")
        <= 1
    )


def added(first: str, second: str) -> int:
    """How many variables the second text names beyond the first."""
    known, more = (one.variables for one in analyze([first, second]))
    return together({*known, *more}) - together(known)


@pytest.mark.parametrize(
    ("second", "more"),
    [
        ("Okta, and the Jira webhook behind our proxy", 4),
        ("Slack", 0),
        ("in Chrome on my iphone", 0),
        ("The Slack integration answers with error 502.", 0),
        ("thank you", 0),
    ],
)
def test_what_is_named_over_two_messages_adds_up_once(second: str, more: int) -> None:
    assert added("The Slack integration posts every message twice.", second) == more


def test_a_code_counts_with_its_system() -> None:
    assert complexity("The Salesforce sync fails with error 409") <= 1 + complexity(
        "The Salesforce sync fails"
    )


@pytest.mark.parametrize(
    "text",
    [
        "My export fails with error E42",
        "The app crashes with error code 1603",
        "the camera fails with error E-02",
        "I get error 500 when I open the report.",
    ],
)
def test_a_product_and_its_error_are_one_variable(text: str) -> None:
    read = read_in_english(text)
    assert read.complexity[0] == 1
    assert complexity(text) <= 2


def test_a_system_a_product_works_with_and_a_change_count_beside_its_error() -> None:
    assert complexity("Since the 5.1 update the Salesforce sync ends in error 409.") >= 2


def test_one_symptom_alone_is_far_from_complex() -> None:
    assert complexity("the page does not load") <= 2
    assert complexity("my TV has no sound") <= 2


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("my order number is 55123-A", "order", "55123-A"),
        ("ticket #TK-9912 is still open", "ticket", "TK-9912"),
        ("you took 40.50 EUR", "amount", "40.50 EUR"),
        ("it cost $19.99", "amount", "$19.99"),
        ("since 3 May 2024", "date", "3 May 2024"),
        ("on 2024-05-03", "date", "2024-05-03"),
        ("we run version 4.2.1", "version", "4.2.1"),
        ("Error code: E1042", "error_code", "E1042"),
        ("write to Ann.Lee@Example.org please", "email", "Ann.Lee@Example.org"),
        ("invoice INV-2210", "invoice", "INV-2210"),
    ],
)
def test_what_is_named_is_found_as_it_was_written(text: str, kind: str, value: str) -> None:
    assert (kind, value) in [(found.kind, found.value) for found in analyze([text])[0].entities]


@pytest.mark.parametrize(
    ("text", "has_meaning"),
    [
        ("The login page returns 502 for all of us", True),
        ('Uploading attachments fails with "Could not store object"', True),
        ("Report generation failed: code 0x8004005", True),
        ("it says error 1205, what is that?", True),
        ("The login page does not work for any of us", False),
    ],
)
def test_words_beside_an_error_have_a_meaning(text: str, has_meaning: bool) -> None:
    found = fingerprint(text)
    assert bool(found.also_means) is has_meaning
    assert not (found.also_means and found.meaning)
    assert found.meaning_version != 0 or not (found.also_means or found.meaning)


def test_a_bad_gateway_does_not_name_the_payments() -> None:
    assert fingerprint("Opening the dashboard ends in Bad Gateway").component == "reports"


@pytest.mark.parametrize(
    "text",
    [
        "I cannot log in since this morning",
        "the page has been blank since lunch",
        "my reports don't load any more",
        "I'd like to report a problem with paying online",
        "tapping my card at the till does nothing",
    ],
)
def test_who_tells_of_a_failure_reports_a_problem(text: str) -> None:
    assert analyze([text])[0].technical.score >= 0.5


@pytest.mark.parametrize("text", ["how do I log in?", "how do I pay online?", "where are reports"])
def test_who_asks_how_reports_none(text: str) -> None:
    assert analyze([text])[0].technical.score < 0.5
