"""Where each flag should fire: found on texts that were not learned from."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.arrays import Floats
from detectors.labels import CATEGORIES, FLAGS, LINKED, OUTPUTS

MANY_ALARMS: Final = 0.03
ALARMS: Final = {
    "billing": 0.015,
    "billing_dispute": 0.012,
    "security": 0.008,
    "legal_compliance": 0.006,
    "human_request": 0.00015,
}
"""Which share of the texts without a flag may fire it at most."""
GRAVE: Final = ("urgency", "safety")
"""Flags that to miss is worse than to raise in vain: they fire as often as they may."""
FORGOTTEN_FROM: Final = 0.5
AS_GOOD: Final = 0.002
"""So much F1 may be below the best one and count as equal: near its height the curve is flat and
rough, and its very highest point is chance.
"""


def operating_points(
    wanted: Floats, said: Floats, thought: Floats, counts: Floats
) -> dict[str, float]:
    """From every output that is no category to the chance from which on it should fire.

    That is the middle of where F1 is best, or later: where no more than `ALARMS` of the texts
    without a flag fire; what is `GRAVE` fires there, however soon. Texts of which the teacher
    thinks that their flag was forgotten are left out; of linked variables only texts count for
    which they are known.
    """
    points = {}
    for index, name in enumerate(OUTPUTS[len(CATEGORIES) :], start=len(CATEGORIES)):
        has = wanted[:, index] > 0
        without = ~has & (thought[:, index] < FORGOTTEN_FROM)
        if name in LINKED:
            without = ~has & (counts[:, index] == 1)
        allowed = float(np.quantile(said[without, index], 1 - ALARMS.get(name, MANY_ALARMS)))
        if name in GRAVE:
            points[name] = allowed
            continue
        point = _best_point(has[has | without], said[has | without, index])
        points[name] = max(point, allowed) if name in FLAGS else point
    return points


def _best_point(wanted: NDArray[np.bool_], said: Floats) -> float:
    points = np.linspace(0.02, 0.98, 97)
    values = [
        2 * ((said >= at) & wanted).sum() / (wanted.sum() + (said >= at).sum()) for at in points
    ]
    return float(points[np.array(values) >= max(values) - AS_GOOD].mean())
