"""What the source says of a class's attributes: Python keeps no docstring of them."""

import ast
import inspect
import textwrap
from itertools import pairwise


def sentences(kind: type) -> dict[str, str]:
    """The string below an attribute of a class or of those it is made from, in one line."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if one.__module__ == kind.__module__:
            found |= _of_its_own(one)
    return found


def _of_its_own(kind: type) -> dict[str, str]:
    [statement] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    found: dict[str, str] = {}
    for attribute, below in pairwise(getattr(statement, "body", ())):
        match attribute, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                found[name] = " ".join(text.split())
    return found
