"""What a message leaves in the ticket's state: signals, moods, questions and linked variables."""

import pytest

from detectors.signals import Matter, Signals
from schemas.records import AccountSnapshot, UpdateKind
from streams.core.policy import load_policy
from streams.core.tickets.observe import QUESTION_TAIL, says_thanks, signals_heard
from streams.core.tickets.state import (
    KNOWN_ATTEMPTS,
    KNOWN_AUTHORS,
    KNOWN_QUESTIONS,
    KNOWN_VARIABLES,
    MOOD_POINTS,
)
from tests.core.conversation import MINUTE, START, Conversation, scores

PATIENT = load_policy(
    "based_on: default\n"
    "triggers:\n"
    "  ai_loop: {rounds_without_progress: 99, rounds: 99}\n"
    "  repeated_question: {repeats: 99}\n"
)


def named(*names: int, complexity: int = 0, gist: tuple[int, ...] = ()) -> Signals:
    """A message that names variables and carries words."""
    return Signals(complexity=complexity, variables=tuple(4 * one for one in names), gist=gist)


@pytest.mark.parametrize(
    ("thanks", "negative", "thanked"),
    [(0.5, 0.49, True), (0.49, 0.0, False), (0.5, 0.5, False), (0.9, 0.95, False)],
)
def test_a_message_thanks_when_it_does_so_more_than_it_complains(
    thanks: float, negative: float, *, thanked: bool
) -> None:
    assert says_thanks(scores(thanks=thanks, negative=negative)) is thanked


def test_signals_of_the_last_message_are_remembered_from_a_fifth_on() -> None:
    talk = Conversation(policy=PATIENT)
    said = Signals(
        negative=scores(negative=0.2).negative,
        urgency=scores(urgency=0.19).urgency,
        matters=(Matter("lockout", (4, 6)),),
        category="technical",
        complexity=1,
    )
    talk.customer("abcdef", said)
    heard = signals_heard(talk.ticket)
    assert heard.negative == said.negative
    assert heard.urgency.score == 0.0
    assert (heard.matters, heard.category, heard.complexity) == (said.matters, "technical", 1)
    talk.customer("abcdef", Signals())
    assert signals_heard(talk.ticket).matters == ()
    assert talk.ticket.heard == ()


@pytest.mark.parametrize(
    ("text", "signals", "stalled"),
    [
        ("no", scores(ai_failed=0.5), 1),
        ("no", scores(ai_failed=0.49), 0),
        ("And this?", Signals(gist=(7,)), 0),
    ],
)
def test_an_answer_to_the_ais_question_is_progress_unless_it_says_that_nothing_helped(
    text: str, signals: Signals, stalled: int
) -> None:
    talk = Conversation(policy=PATIENT)
    talk.customer("it fails")
    talk.ai("Does this help?")
    talk.customer(text, signals)
    assert talk.ticket.stalled == stalled


def test_a_question_of_too_few_words_is_none_about_something_else_and_is_not_remembered() -> None:
    talk = Conversation(policy=PATIENT)
    talk.customer("it fails")
    talk.ai("Try this.")
    talk.customer("And this?", Signals(gist=(7,)))
    assert (talk.ticket.stalled, talk.ticket.questions) == (1, ())
    talk.ai("Try that.")
    talk.customer("And that?", Signals(gist=(8, 9)))
    assert talk.ticket.stalled == 1
    assert [one.gist for one in talk.ticket.questions] == [(8, 9)]


def test_an_answer_of_the_ai_asks_when_it_does_so_near_its_end() -> None:
    talk = Conversation(policy=PATIENT)
    talk.customer("it fails")
    talk.ai("Really?" + "x" * QUESTION_TAIL)
    assert not talk.ticket.ai_asked
    talk.ai("Really?" + "x" * (QUESTION_TAIL - 1))
    assert talk.ticket.ai_asked


def test_a_customer_is_waited_for_since_the_first_of_several_questions() -> None:
    talk = Conversation(policy=PATIENT)
    talk.customer("it fails")
    talk.ai("Which one?")
    since = talk.now
    talk.now += MINUTE
    talk.ai("And since when?")
    assert talk.ticket.paused_since == since


def test_only_so_many_attempts_and_questions_and_moods_of_an_author_are_known() -> None:
    talk = Conversation(policy=PATIENT)
    for number in range(20):
        talk.customer("and this?", Signals(gist=(2 * number, 2 * number + 1)))
        talk.ai("Try this.", message_id=f"ai-{number}")
    ticket = talk.ticket
    assert ticket.attempts == tuple(f"ai-{n}" for n in range(20 - KNOWN_ATTEMPTS, 20))
    assert [one.gist[0] for one in ticket.questions] == list(
        range(2 * (20 - KNOWN_QUESTIONS), 40, 2)
    )
    [mood] = ticket.moods
    assert len(mood.points) == MOOD_POINTS
    assert mood.points[-1].message_id == ticket.customer_message_id


def test_of_too_many_authors_the_one_that_was_not_heard_for_longest_is_forgotten() -> None:
    talk = Conversation()
    names = [f"r{number}" for number in range(KNOWN_AUTHORS)]
    for name in (*names, "r0", "new"):
        talk.customer("hm", author_id=name)
    assert [one.author_id for one in talk.ticket.moods] == [*names[2:], "r0", "new"]
    assert talk.ticket.moods[-2].earlier == 1


def test_who_asked_for_a_ticket_speaks_where_no_author_is_named() -> None:
    talk = Conversation(author_id=None, requester_id="mara")
    talk.customer("hm")
    talk.customer("hm", author_id="mara")
    [mood] = talk.ticket.moods
    assert (mood.author_id, mood.earlier) == ("mara", 1)


def test_a_new_episode_leaves_who_was_calmer_than_usual_as_calm_as_they_were() -> None:
    talk = Conversation(policy=PATIENT)
    for negative in (0.4, 0.4, 0.0):
        talk.customer("hm", scores(negative=negative))
    [before] = talk.ticket.moods
    assert before.level < before.baseline
    talk.update(UpdateKind.RESOLVED)
    talk.update(UpdateKind.REOPENED)
    assert talk.ticket.moods[0].level == before.level


def test_a_message_of_a_category_says_what_the_ticket_is_about_though_its_words_do_not() -> None:
    talk = Conversation(policy=PATIENT)
    talk.customer("hi")
    before = talk.ticket.issue_message_id
    talk.customer("502", Signals(category="technical"))
    assert (before, talk.ticket.issue_message_id) == (None, "m2")


def test_three_plain_words_may_be_a_greeting_and_four_are_a_language() -> None:
    talk = Conversation()
    heard = []
    for text, language in (
        ("hello my friends", "en"),
        ("hello my dear friends", "en"),
        ("hola", "es"),
        ("x y z a b", "und"),
    ):
        talk.customer(text, Signals(language=language))
        heard.append(talk.ticket.heard_language)
    assert heard == [None, "en", "es", "es"]


def test_questions_in_a_row_are_no_repetition_when_they_are_counted_anew_either() -> None:
    rules = "{repeated_question: {segments: {enterprise: {similarity: 0.5, repeats: 1}}}}"
    policy = load_policy(f"based_on: default\ntriggers: {rules}")
    talk = Conversation(policy=policy)
    for _ in range(3):
        talk.customer("Where is it?", Signals(gist=(1, 2, 3)))
    known = AccountSnapshot("a1", START, tier="enterprise")
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=known)
    assert talk.ticket.repeats == 0
    assert talk.codes == set()


# Variables that are linked.


def told(first: Signals, *later: Signals, answer: str = "I have reset it.") -> Conversation:
    """A problem, and what is said of it after an answer of the AI."""
    talk = Conversation(policy=PATIENT)
    talk.customer("Slack posts twice", first)
    for signals in later:
        talk.ai(answer)
        talk.customer("it still does", signals)
    return talk


@pytest.mark.parametrize(("gist", "linked"), [((2, 3, 9), 3), ((3, 8, 9), 2)])
def test_two_words_that_come_again_are_about_the_same_problem(
    gist: tuple[int, ...], linked: int
) -> None:
    first = named(1, 5, complexity=2, gist=(1, 2, 3))
    talk = told(first, named(2, complexity=1, gist=gist))
    assert talk.ticket.complexity == (linked if linked == 3 else 1)


def test_what_adds_nothing_to_a_problem_counts_by_itself() -> None:
    talk = told(named(1, complexity=2), named(1, 2, complexity=1), named(1, 2, complexity=1))
    assert (talk.ticket.linked, talk.ticket.complexity) == (3, 1)


def test_names_alone_make_a_problem_of_two_variables_at_most() -> None:
    talk = told(named(1, 2, 3, 4, complexity=1))
    assert (talk.ticket.linked, talk.ticket.complexity) == (2, 1)
    assert told(named(1, complexity=1)).ticket.linked == 1
    assert told(named(1, complexity=2)).ticket.linked == 2


def test_a_message_with_more_variables_than_all_before_it_counts_with_its_own() -> None:
    talk = told(named(1, complexity=1), named(1, 2, complexity=3))
    assert (talk.ticket.linked, talk.ticket.complexity) == (3, 3)


def test_only_so_many_variables_are_known() -> None:
    talk = told(named(1, complexity=1), named(*range(1, 30), complexity=1))
    assert talk.ticket.variables == tuple(4 * n for n in range(1, KNOWN_VARIABLES + 1))


def test_a_name_in_what_is_no_problem_adds_nothing_unless_it_answers() -> None:
    assert told(named(1, complexity=2), named(1, 2)).ticket.linked == 2
    assert told(named(1, complexity=2), named(1, 2), answer="Where?").ticket.linked == 3


def test_names_that_answer_a_question_are_no_problem_where_none_was_told() -> None:
    talk = told(named(1), named(2, 3), answer="Where?")
    assert (talk.ticket.linked, talk.ticket.complexity, talk.ticket.variables) == (0, 0, ())
