"""How do buyers answer a benefit: which car, whether, when and from where?

Pure functions on arrays, vehicles on the last axis, money in yuan. A benefit becomes a gain in
utils by the sensitivity `alpha` (utils per yuan); shares, stayers, movers and new buyers follow.
"""
