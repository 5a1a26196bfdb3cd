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
    by_vehicle = np.ascontiguousarray(amounts.reshape(-1, amounts.shape[-1]).T)
    _, first, vehicle_class = np.unique(by_vehicle, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), vehicle_class.reshape(-1).astype(np.int64)
