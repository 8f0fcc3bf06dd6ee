"""A group of commands whose help says of each what it does, in a whole sentence."""

import click


class ListingGroup(click.Group):
    """Wraps what click would cut off at the end of the line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with the first sentence of its help."""
        names = self.list_commands(ctx)
        commands = [(name, self.get_command(ctx, name)) for name in names]
        rows = [(name, _sentence(one.help or "")) for name, one in commands if one is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _sentence(text: str) -> str:
    """The first sentence, on one line and without its full stop."""
    paragraph = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    return paragraph.partition(". ")[0].removesuffix(".")
