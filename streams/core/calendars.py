"""Business time: how much of the time between two moments somebody is there."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from schemas.records import DurationMillis, Millis
from streams.core.policy.calendar import Calendar, Week
from streams.core.policy.opening import Opening

if TYPE_CHECKING:
    from holidays import HolidayBase

MINUTE: Final = 60_000
DAY: Final = 86_400_000
WEEKDAYS: Final = 7
EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday; Monday is 0."""
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()

KEPT: Final = 64
"""Calendars that are kept with what was worked out of them."""

FIRST_YEAR: Final = 2000
END_YEAR: Final = 2100
_STARTS: Final = tuple(
    int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000)
    for year in range(FIRST_YEAR, END_YEAR + 1)
)
_EVER: Final = 2**64
_WHOLE_DAY: Final = (0, DAY // MINUTE)


class _Stretch(msgspec.Struct, frozen=True):
    """The open times of a year (UTC), in order; `before` is the open time before each of them."""

    opens: list[Millis]
    closes: list[Millis]
    before: list[DurationMillis]
    total: DurationMillis

    def latest(self, at: Millis) -> int:
        """Which open time has begun last at a moment of this stretch; -1 before the first."""
        return bisect_right(self.opens, at) - 1

    def until(self, at: Millis, latest: int) -> DurationMillis:
        """The open time of this stretch before a moment, which is in the latest or after it."""
        if latest < 0:
            return 0
        closes = self.closes[latest]
        return self.before[latest] + (at if at < closes else closes) - self.opens[latest]


class BusinessHours:
    """A calendar made ready to reckon with.

    It is open while the wall clock of its time zone shows a time within the opening hours of the
    day and the day is neither a holiday nor closed: an hour that a clock change leaves out is never
    open, one that it repeats is open twice. Moments are milliseconds since 1970, durations are
    milliseconds of open time. Calendars hold from 2000 to 2099 (UTC); outside everything is open,
    so that a false time stamp meets no error. A year is worked out when it is first needed.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._zone = ZoneInfo(calendar.time_zone)
        self._week = [_minutes(calendar.open, weekday) for weekday in range(WEEKDAYS)]
        self._closed = frozenset(calendar.closed)
        self._holidays = [
            _holidays(place.country, place.subdivision) for place in calendar.holidays
        ]
        days_off = self._closed or self._holidays
        self._never_closes = not days_off and self._week == [[_WHOLE_DAY]] * WEEKDAYS
        self._stretches: dict[int, _Stretch] = {
            0: _stretch([(-_EVER, _STARTS[0])]),
            len(_STARTS): _stretch([(_STARTS[-1], _EVER)]),
        }

    def between(self, start: Millis, end: Millis) -> DurationMillis:
        """The open time between two moments; 0 when the second is not later."""
        if end <= start:
            return 0
        if self._never_closes:
            return end - start
        first, last = bisect_right(_STARTS, start), bisect_right(_STARTS, end)
        begins, ends = self._stretch(first), self._stretch(last)
        spent = ends.until(end, ends.latest(end)) - begins.until(start, begins.latest(start))
        return spent + sum([self._stretch(number).total for number in range(first, last)])

    def add(self, start: Millis, duration: DurationMillis) -> Millis:
        """The first moment at which so much open time has gone by; the start itself for 0."""
        if duration <= 0:
            return start
        if self._never_closes:
            return start + duration
        number = bisect_right(_STARTS, start)
        stretch = self._stretch(number)
        latest = stretch.latest(start)
        if latest >= 0 and start + duration <= stretch.closes[latest]:
            return start + duration  # as mostly: it is open until then
        wanted = stretch.until(start, latest) + duration
        while wanted > stretch.total:
            wanted -= stretch.total
            number += 1
            stretch = self._stretch(number)
        place = bisect_left(stretch.before, wanted) - 1
        return stretch.opens[place] + wanted - stretch.before[place]

    def is_open(self, at: Millis) -> bool:
        """Whether it is open at a moment."""
        if self._never_closes:
            return True
        stretch = self._stretch(bisect_right(_STARTS, at))
        latest = stretch.latest(at)
        return latest >= 0 and at < stretch.closes[latest]

    def next_opening(self, at: Millis) -> Millis:
        """The moment itself when it is open, else when it opens next."""
        return self.add(at, 1) - 1

    def _stretch(self, number: int) -> _Stretch:
        found = self._stretches.get(number)
        if found is None:
            found = _stretch(self._open_times(_STARTS[number - 1], _STARTS[number]))
            self._stretches[number] = found
        return found

    def _open_times(self, start: Millis, end: Millis) -> Iterator[tuple[Millis, Millis]]:
        following = self._offset(start)
        for day in range(start, end, DAY):
            offset, following = following, self._offset(day + DAY)
            if offset == following:
                yield from self._plain(day, offset)
            else:
                yield from self._clock_change(day)

    def _plain(self, day: Millis, offset: int) -> Iterator[tuple[Millis, Millis]]:
        local = (day + offset) // DAY
        for number in (local, local + 1):
            midnight = number * DAY - offset
            for opens, closes in self._hours(number):
                start = max(day, midnight + opens * MINUTE)
                end = min(day + DAY, midnight + closes * MINUTE)
                if start < end:
                    yield start, end

    def _clock_change(self, day: Millis) -> Iterator[tuple[Millis, Millis]]:
        for at in range(day, day + DAY, MINUTE):
            number, minute = divmod((at + self._offset(at)) // MINUTE, DAY // MINUTE)
            if any(opens <= minute < closes for opens, closes in self._hours(number)):
                yield at, at + MINUTE

    def _hours(self, number: int) -> list[tuple[int, int]]:
        """The opening hours of a local day, given in days since 1970."""
        hours = self._week[(number + EPOCH_WEEKDAY) % WEEKDAYS]
        if not hours:
            return hours
        day = date.fromordinal(number + EPOCH_ORDINAL)
        closed = day in self._closed or any(day in found for found in self._holidays)
        return [] if closed else hours

    def _offset(self, at: Millis) -> int:
        offset = datetime.fromtimestamp(at // 1000, self._zone).utcoffset()
        assert offset is not None
        return int(offset.total_seconds()) * 1000


def _stretch(times: Iterable[tuple[Millis, Millis]]) -> _Stretch:
    opens: list[Millis] = []
    closes: list[Millis] = []
    for start, end in times:
        if closes and start == closes[-1]:
            closes[-1] = end
        else:
            opens.append(start)
            closes.append(end)
    before, total = [], 0
    for start, end in zip(opens, closes, strict=True):
        before.append(total)
        total += end - start
    return _Stretch(opens, closes, before, total)


def _minutes(week: Week, weekday: int) -> list[tuple[int, int]]:
    openings: tuple[Opening, ...] = getattr(week, week.__struct_fields__[weekday])
    return [opening.minutes for opening in openings]


def _holidays(country: str, subdivision: str | None) -> "HolidayBase":
    from holidays import country_holidays  # a tenth of a second to import, and not all need it

    return country_holidays(country, subdiv=subdivision)


@lru_cache(maxsize=KEPT)
def hours_of(calendar: Calendar) -> BusinessHours:
    """A calendar made ready, once."""
    return BusinessHours(calendar)


ALWAYS: Final = BusinessHours(Calendar("UTC", Week(*((Opening("00:00-24:00"),),) * WEEKDAYS)))
"""Round the clock."""
