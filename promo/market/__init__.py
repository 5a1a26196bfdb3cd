"""Who buys and what is on sale: vehicles, buyers, sales history, baseline, calendar."""
