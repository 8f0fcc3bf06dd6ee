"""Which company's an account is: two companies whose ids are alike see nothing of each other."""

from typing import Final, TypeVar

from schemas.records import AccountHealth, AccountProfile

UNNAMED: Final = "default"
"""The tenant of what names none."""

R = TypeVar("R", AccountHealth, AccountProfile)


def is_of_another(tenant: str, other: str) -> bool:
    """Whether two tenants are two companies; where there is only one, not all need name it."""
    return tenant != other and UNNAMED not in (tenant, other)


def theirs(record: R | None, tenant: str) -> R | None:
    """What is told of an account, where it is not another company's."""
    return None if record is None or is_of_another(record.tenant, tenant) else record
