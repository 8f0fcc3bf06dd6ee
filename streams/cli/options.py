"""What several commands take: a time, and who says something."""

import getpass
from datetime import UTC, datetime

import click

from schemas.records import Millis
from streams.core.policy.duration import Duration
from streams.engine import wall_clock


def moment(time: Millis | None) -> str:
    """A time as people read it, in UTC."""
    return datetime.fromtimestamp((time or 0) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def user_name() -> str | None:
    """Who is at the terminal; None where the system has no name for the user, as in a container."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


class Moment(click.ParamType):
    """A time: "now", a duration from now on such as "10m", or a time such as 2026-01-05T09:00Z."""

    name = "time"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Millis:
        """Milliseconds; a time without a zone is UTC."""
        if value == "now":
            return wall_clock()
        try:
            return wall_clock() + Duration.parse(value)
        except ValueError:
            pass
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time: write now, 10m or 2026-01-05T09:00Z", param, ctx)
        return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
