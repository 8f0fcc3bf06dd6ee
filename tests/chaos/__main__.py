"""Runs drills on a Kafka of their own and prints what came of them.

    python -m tests.chaos                     all of them, in full length
    python -m tests.chaos kills all           some of them
    python -m tests.chaos --quick             everything once, in under a minute

Progress goes to standard error, a JSON line a drill to standard output, a table to the end of
standard error. Ends with 1 when anything was lost, doubled or wrong.
"""

import sys
import tempfile
from pathlib import Path

import click
import msgspec

from tests.chaos.disk import CannotMount
from tests.chaos.drill import Result
from tests.chaos.plans import FULL, QUICK, Plan, run
from tests.chaos.table import table
from tests.kafka import Kafka


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*FULL]))
@click.option("--quick", is_flag=True, help="Short forms: everything once.")
@click.option("--seed", type=int, default=1, show_default=True, help="What chance is made of.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep logs, stores and topics in this folder.",
)
def main(names: tuple[str, ...], quick: bool, seed: int, keep: Path | None) -> None:
    """Run the drills NAMES, or all."""
    known = QUICK if quick else FULL
    plans = [plan for name, plan in known.items() if not names or name in names]
    with tempfile.TemporaryDirectory(prefix="baton-chaos-") as made:
        results = drill(plans, keep or Path(made), seed)
    click.echo(table(results), err=True)
    sys.exit(0 if plans and all(result.exact for result in results) else 1)


def drill(plans: list[Plan], folder: Path, seed: int) -> list[Result]:
    """Run the plans one after the other."""
    results = []
    kafka = Kafka(folder / "kafka")
    kafka.start()
    try:
        for plan in plans:
            result = run(plan, kafka, folder / plan.name, seed)
            click.echo(msgspec.json.encode(result.line()).decode())
            for example in result.verdict.examples:
                click.echo(f"  {example}", err=True)
            results.append(result)
    except CannotMount as error:
        raise click.ClickException(str(error)) from error
    finally:
        kafka.stop()
    return results


if __name__ == "__main__":
    main()
