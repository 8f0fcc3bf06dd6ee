"""Two desks reach for the same escalation: one has it, the other learns who."""

import random

from schemas.records import EscalationUpdate, OpenEscalation, UpdateKind
from tests.core.conversation import Conversation, scores

RACES = 1_000
PEOPLE = ("p1", "p2", "p3")


def test_of_desks_that_accept_at_once_the_first_has_it_and_the_others_learn_who() -> None:
    for seed in range(RACES):
        chance = random.Random(seed)
        talk = Conversation()
        talk.customer("this is awful", scores(negative=0.9))
        placed = 1
        if chance.random() < 0.5:
            talk.update(UpdateKind.TRANSFERRED, route="billing", actor_id="p9")
            placed = talk.escalations[-1].revision
        # Each desk has read the escalation before or after the move, or names what never was.
        claims = [
            (person, revision)
            for person in PEOPLE
            for revision in (chance.choice((1, placed, placed + 1)),)
        ] * chance.choice((1, 2))
        chance.shuffle(claims)
        owner: str | None = None
        for person, revision in claims:
            talk.wait(chance.choice((0, 1, 50)))
            talk.update(UpdateKind.ACCEPTED, actor_id=person, revision=revision)
            told = talk.new(EscalationUpdate)
            if person == owner:
                assert not told
            elif owner is None and revision == placed:
                owner = person
                assert [(one.change, one.owner_id) for one in told] == [("accepted", person)]
            else:
                assert [(one.change, one.owner_id) for one in told] == [("accept_refused", owner)]
        case = talk.ticket.case
        assert case is not None
        assert case.owner_id == owner == talk.all(OpenEscalation)[-1].owner_id
        revisions = [one.revision for one in talk.all(OpenEscalation)]
        assert revisions == sorted(set(revisions)), "every change of it has a rising revision"


def test_a_move_tells_the_old_queue_and_gives_the_new_one_everything_in_one_step() -> None:
    talk = Conversation()
    talk.customer("this is awful", scores(negative=0.9))
    step = talk.update(UpdateKind.TRANSFERRED, route="billing", actor_id="p1")
    [told] = talk.new(EscalationUpdate)
    assert (told.change, told.previous_route, told.route) == ("moved", "general", "billing")
    assert step.handoff is not None
    assert talk.escalations[-1].route == "billing"
    assert talk.escalations[-1].revision == told.revision == 2
    assert talk.escalations[-1].required_skills == ("billing",)


def test_an_agent_who_goes_offline_leaves_it_open_for_others() -> None:
    talk = Conversation()
    talk.customer("this is awful", scores(negative=0.9))
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=1)
    talk.update(UpdateKind.ASSIGNED, reason="agent offline")
    [told] = talk.new(EscalationUpdate)
    assert (told.change, told.owner_id, told.note) == ("reopened", None, "agent offline")
    talk.update(UpdateKind.ACCEPTED, actor_id="p2", revision=told.revision)
    assert talk.all(OpenEscalation)[-1].owner_id == "p2"
