"""promo: from a car-promotion campaign to the cars that local plants build because of it."""

__version__ = "0.4.0"
