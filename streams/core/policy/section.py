"""What every part of the policy file is."""

import msgspec


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the policy file."""
