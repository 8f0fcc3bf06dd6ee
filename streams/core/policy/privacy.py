"""What of customers' own data is written where: kept, masked or hashed."""

from typing import Literal

from streams.core.policy.section import Section

Pii = Literal["card", "iban", "email", "phone", "national_id", "api_key", "password", "token"]
"""Kinds of what is personal or secret."""

Treatment = Literal["keep", "mask", "hash"]


class Treatments(Section, frozen=True):
    """What is done with each kind. What is not said is masked."""

    card: Treatment = "mask"
    iban: Treatment = "mask"
    email: Treatment = "mask"
    phone: Treatment = "mask"
    national_id: Treatment = "mask"
    api_key: Treatment = "mask"
    password: Treatment = "mask"  # noqa: S105
    token: Treatment = "mask"  # noqa: S105


KEEP_ALL = Treatments("keep", "keep", "keep", "keep", "keep", "keep", "keep", "keep")
REACHABLE = Treatments(email="keep", phone="keep")
"""A person must be able to write to the customer and call them; nobody needs the rest in full."""


class Privacy(Section, frozen=True):
    """Treatments of the topics that carry people's words, and of a ticket's state (`stored`).

    Of a decision they are what a person told the AI when handing a ticket back. One that is left
    out is that of the shipped policy, see [what is hidden where](handoff.md#what-is-hidden-where).
    """

    stored: Treatments = KEEP_ALL
    decisions: Treatments = Treatments()
    escalations: Treatments = REACHABLE
    reviews: Treatments = REACHABLE
    outcomes: Treatments = Treatments()
    problem_reports: Treatments = Treatments()
    anomalies: Treatments = Treatments()
    dead_letters: Treatments = REACHABLE
