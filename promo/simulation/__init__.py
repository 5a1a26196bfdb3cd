"""WITH AND WITHOUT: draws, uptake, money path, five-way ledger, uncertainty."""
