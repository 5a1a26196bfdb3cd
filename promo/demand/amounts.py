"""Which vehicles are worth the same to their buyers?"""

from __future__ import annotations

import numpy as np

from promo.schema import Floats, Ints


def amount_classes(amounts: Floats) -> tuple[Ints, Ints]:
    """Vehicles of equal amounts (..., J) in every row: first vehicle (A,), class (J,) of each.

    >>> first, vehicle_class = amount_classes(np.array([[0.0, 5.0, 0.0], [0.0, 3.0, 0.0]]))
    >>> first.tolist(), vehicle_class.tolist()
    ([0, 1], [0, 1, 0])
    """
    by_vehicle = np.ascontiguousarray(amounts.reshape(-1, amounts.shape[-1]).T) + 0.0
    rows = [row.tobytes() for row in by_vehicle]  # sums with 0.0, so that -0.0 is 0.0
    number = {row: place for place, row in enumerate(dict.fromkeys(rows))}
    vehicle_class = np.array([number[row] for row in rows], dtype=np.int64)
    return np.unique(vehicle_class, return_index=True)[1].astype(np.int64), vehicle_class
