"""`baton policy`: read, compare, publish and take back policies; switch the AI off and on."""

import click

from streams.cli.listing import ListingGroup
from streams.cli.policy.check import check
from streams.cli.policy.diff import diff
from streams.cli.policy.listing import list_policies
from streams.cli.policy.publish import publish
from streams.cli.policy.rollback import rollback
from streams.cli.policy.show import show
from streams.cli.policy.stop_ai import resume_ai, stop_ai


@click.group(cls=ListingGroup, name="policy", epilog="Example: baton policy diff default seed")
def command() -> None:
    """Check, compare and publish policies, and switch the AI off where it must be.

    POLICY is a file, a shipped one (default, seed), or a published version such as default@3.
    Workers follow the policy of the name that BATON_POLICY has, `default` where it is not set.
    """


for one in (check, diff, publish, rollback, stop_ai, resume_ai, list_policies, show):
    command.add_command(one)
