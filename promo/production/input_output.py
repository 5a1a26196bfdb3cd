"""How much of a car's value stays in the city? A compact input-output table, localised.

The 2020 table of the National Bureau of Statistics (153 sectors, producer prices), taken together
to 19 sectors with imports stripped pro rata; own computation, within 1 % of the full table. A city
buys only part of what it uses from itself: each row is multiplied by the share bought there.

    A_city = diag(share) A,  L = (I - A_city)^-1,  output per yuan of car = sum of column V of L

No city publishes its shares: that of vehicle parts is *the* sensitivity. A nation's multiplier
(2.98 here) must never be used for a city.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promo.schema import Floats

# code, value added, imported input (shares of output), staff per 100 million yuan of output (2018)
_SECTORS = """
V  0.2204 0.0463  108  complete vehicles
P  0.1924 0.0498  108  vehicle parts
MT 0.2283 0.1345   54  metal smelting and rolling
MP 0.2449 0.0380   85  metal products
RP 0.2413 0.0776  111  rubber and plastics
CH 0.2457 0.1225   69  petroleum, chemicals, medicines
GL 0.3146 0.0314   65  glass and minerals
EQ 0.2413 0.0705  120  general and special equipment
EL 0.1739 0.0830  130  electrical machinery, batteries
IT 0.1610 0.2256  165  electronics and instruments
OM 0.2454 0.0380  101  other manufacturing
AM 0.5944 0.0171 1325  farming and mining
UT 0.3146 0.0538  108  water, power, gas
TR 0.6364 0.0077 1128  wholesale and retail
LG 0.3809 0.0151  166  transport, storage, post
FI 0.6802 0.0081  135  finance and insurance
BS 0.3309 0.0340  441  leasing and business services
RD 0.3741 0.0489  139  research and technical services
OS 0.4418 0.0216  308  other services and construction
"""
# Domestic direct inputs in ten-thousandths: rows supply, columns use, in the order of sectors.
_INPUTS = """
695 15 0 0 0 0 0 47 0 1 1 2 0 0 23 0 0 3 0
2845 2831 2 11 4 3 31 120 18 5 6 12 1 1 531 2 319 44 18
385 1133 2505 2883 93 55 272 1225 1948 282 144 50 6 0 5 0 0 9 367
131 278 18 1319 136 30 227 471 362 140 76 65 14 2 26 1 256 249 179
195 431 7 97 1770 124 85 182 357 162 157 55 9 18 89 1 32 34 53
76 126 472 244 2571 2657 635 101 340 123 377 574 170 22 771 31 231 625 378
85 182 123 124 42 59 1848 71 259 149 30 18 24 2 4 0 3 31 588
466 283 135 298 60 68 178 1936 349 203 73 155 34 2 87 9 8 13 61
248 183 6 20 27 6 18 476 1522 434 63 11 452 92 40 1 127 220 133
129 180 8 15 26 12 12 337 444 3009 33 8 141 49 51 7 159 568 97
306 147 601 370 251 352 258 221 212 148 2778 625 140 96 292 218 1107 359 495
3 8 998 76 215 1235 1082 13 12 1 1934 1254 1315 1 4 1 71 76 139
55 115 531 467 184 374 509 173 128 102 125 204 2803 89 306 39 45 88 125
784 749 261 427 550 427 506 514 612 500 653 234 223 75 296 47 362 282 336
360 332 272 285 380 338 342 326 312 152 301 186 179 592 1435 102 522 339 220
36 112 273 183 118 159 194 161 139 159 83 190 435 441 931 711 681 298 385
253 222 60 156 213 220 166 231 187 164 191 87 81 1032 294 605 1050 467 317
104 109 27 45 36 60 38 70 51 85 25 69 45 75 32 7 1 1160 321
176 142 72 152 135 138 142 208 178 314 117 85 243 972 824 1336 1374 902 1157
"""

_ROWS = [line.split() for line in _SECTORS.strip().splitlines()]
CODES = tuple(row[0] for row in _ROWS)
VALUE_ADDED, IMPORTED, STAFF = (
    np.array([float(row[place]) for row in _ROWS]) for place in (1, 2, 3)
)
DOMESTIC = np.array([line.split() for line in _INPUTS.strip().splitlines()], np.float64) / 10_000
VEHICLES, PARTS = CODES.index("V"), CODES.index("P")
_SERVICES = np.isin(CODES, ["UT", "TR", "LG", "FI", "BS", "OS"])


@dataclass(frozen=True, slots=True)
class Chain:
    """What one yuan of cars moves along the chain, counted where the table says it stays, (R,).

    Attributes
    ----------
    output : yuan of output of all sectors, the car itself included
    value_added : yuan of value added, the car's own included
    parts_staff : persons in the parts industry per 100 million yuan of cars
    """

    output: Floats
    value_added: Floats
    parts_staff: Floats


def local_shares(parts: Floats, goods: Floats, services: Floats) -> Floats:
    """Share (R, S) of its use of each sector that the city buys from itself; no second car plant.

    `parts` is the share of vehicle parts, `services` of trade, transport, energy, finance and
    services, `goods` of all else, each (R,).
    """
    shares = np.where(_SERVICES, services[:, np.newaxis], goods[:, np.newaxis])
    shares[:, PARTS], shares[:, VEHICLES] = parts, 0.0
    return shares


def chain(shares: Floats) -> Chain:
    """The chain of a car for these shares (R, S) of local purchase; ones are the whole nation.

    >>> nation = chain(np.ones((1, len(CODES))))
    >>> round(nation.output.item(), 3), round(nation.value_added.item(), 3)
    (2.978, 0.841)
    """
    car = np.zeros(len(CODES))
    car[VEHICLES] = 1.0
    needed = np.linalg.solve(np.eye(len(CODES)) - shares[..., np.newaxis] * DOMESTIC, car)
    return Chain(
        output=needed.sum(axis=1),
        value_added=needed @ VALUE_ADDED,
        parts_staff=needed[:, PARTS] * STAFF[PARTS],
    )
