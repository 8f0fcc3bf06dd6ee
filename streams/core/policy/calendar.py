"""When people are there."""

from datetime import date

from streams.core.policy.opening import Opening
from streams.core.policy.section import Section


class Week(Section, frozen=True):
    """Opening hours by day of the week, rising; a day that is not named is closed."""

    mon: tuple[Opening, ...] = ()
    tue: tuple[Opening, ...] = ()
    wed: tuple[Opening, ...] = ()
    thu: tuple[Opening, ...] = ()
    fri: tuple[Opening, ...] = ()
    sat: tuple[Opening, ...] = ()
    sun: tuple[Opening, ...] = ()


class PublicHolidays(Section, frozen=True):
    """Where holidays are kept: a country (ISO 3166-1) and, where they differ, a part of it."""

    country: str
    subdivision: str | None = None


class Calendar(Section, frozen=True):
    """When people are there, by the wall clock of an IANA time zone."""

    time_zone: str
    open: Week
    holidays: tuple[PublicHolidays, ...] = ()
    closed: tuple[date, ...] = ()
