"""Skills while an escalation waits: preferred ones relax in open hours, required ones never do."""

from msgspec.structs import replace

from schemas.records import EscalationChange, EscalationUpdate, UpdateKind
from streams.core.policy import load_policy
from tests.core.conversation import HOUR, MINUTE, START, Conversation, scores

OURS = load_policy("""
based_on: default
name: ours
version: 1
routes:
  - {name: grave, priority: 1, reasons: [safety, security, legal_compliance]}
  - {name: billing, priority: 2, reasons: [billing], required_skills: [billing]}
  - {name: general, priority: 3, preferred_skills: [german, vip, phone]}
""")
ANGRY = scores(negative=0.9)


def told(talk: Conversation, kind: EscalationChange) -> list[EscalationUpdate]:
    return [one for one in talk.all(EscalationUpdate) if one.change is kind]


def waiting(at: int = START) -> Conversation:
    talk = Conversation(policy=OURS)
    talk.now = at
    talk.customer("help", ANGRY)
    return talk


def test_preferred_skills_relax_in_steps_while_nobody_takes_it() -> None:
    talk = waiting()
    talk.wait(HOUR)
    steps = [
        (one.changed_at - START, one.preferred_skills)
        for one in told(talk, EscalationChange.SKILLS)
    ]
    assert steps == [(10 * MINUTE, ("german", "vip")), (30 * MINUTE, ())]


def test_a_step_that_leaves_the_skills_as_they_were_is_not_told() -> None:
    one_skill = replace(OURS.routes[-1], preferred_skills=("german",))
    talk = Conversation(policy=replace(OURS, routes=(*OURS.routes[:-1], one_skill)))
    talk.customer("help", ANGRY)
    talk.wait(HOUR)
    [step] = told(talk, EscalationChange.SKILLS)
    assert (step.changed_at - START, step.preferred_skills) == (30 * MINUTE, ())


def test_what_is_still_preferred_is_told_with_what_is_required() -> None:
    both = replace(OURS.routes[-1], required_skills=("it",))
    talk = Conversation(policy=replace(OURS, routes=(*OURS.routes[:-1], both)))
    talk.customer("help", ANGRY)
    talk.wait(HOUR)
    assert [one.required_skills for one in told(talk, EscalationChange.SKILLS)] == [("it",)] * 2


def test_closed_hours_do_not_relax_them() -> None:
    talk = waiting(START + 14 * HOUR)
    talk.wait(8 * HOUR)
    assert not told(talk, EscalationChange.SKILLS)
    talk.wait(HOUR)
    assert len(told(talk, EscalationChange.SKILLS)) == 2


def test_what_somebody_has_taken_does_not_relax_until_it_is_free_again() -> None:
    talk = waiting()
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=1)
    talk.wait(HOUR)
    assert not told(talk, EscalationChange.SKILLS)
    talk.update(UpdateKind.DECLINED, actor_id="p1")
    talk.wait(10 * MINUTE)
    assert len(told(talk, EscalationChange.SKILLS)) == 1


def test_another_queue_begins_with_all_the_skills_that_it_prefers() -> None:
    near = replace(OURS.routes[1], name="near", reasons=(), preferred_skills=("dutch", "vip"))
    policy = replace(OURS, routes=(OURS.routes[0], OURS.routes[1], near, OURS.routes[-1]))
    for minutes in (5, 15):
        talk = Conversation(policy=policy)
        talk.customer("help", ANGRY)
        talk.wait(minutes * MINUTE)
        talk.update(UpdateKind.TRANSFERRED, route="near", actor_id="ann")
        moved = talk.now
        talk.wait(HOUR)
        steps = [
            (one.changed_at - moved, one.preferred_skills)
            for one in told(talk, EscalationChange.SKILLS)
            if one.route == "near"
        ]
        assert steps == [(10 * MINUTE, ("dutch",)), (30 * MINUTE, ())]


def test_required_skills_never_relax_and_call_the_lead_and_then_the_manager() -> None:
    talk = Conversation(policy=OURS)
    talk.customer("charged twice", scores(billing=0.9))
    talk.wait(HOUR)
    assert not told(talk, EscalationChange.SKILLS)
    calls = [(one.changed_at - START, one.notify) for one in told(talk, EscalationChange.CLOCK)]
    assert calls == [(150_000, ("lead",)), (300_000, ("on_call_manager",))]


def test_nobody_is_called_where_no_skill_is_required_or_somebody_has_answered() -> None:
    general = waiting()
    general.wait(HOUR)
    billing = Conversation(policy=OURS)
    billing.customer("charged twice", scores(billing=0.9))
    billing.human()
    billing.wait(HOUR)
    billing.customer("and now?")
    billing.wait(HOUR)
    for talk in (general, billing):
        assert not any(one.notify for one in talk.all(EscalationUpdate))
