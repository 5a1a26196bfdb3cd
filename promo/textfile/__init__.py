"""What does a file say, and where does it say it?

Text is decoded strictly, read in one pass over YAML parser events (which refuses whatever can hide
or multiply content), kept with line and column for every key and value, and validated through a
file model; every fault becomes a finding at its place, all findings of a file at once. Also here:
small tables (CSV) beside a campaign, and writing that never leaves half a file.
"""

from __future__ import annotations

from promo.quantities import (
    AssumedAmount,
    BasisPoints,
    Count,
    CountQuantity,
    Day,
    Factor,
    FileModel,
    Flag,
    Identifier,
    KeyPath,
    Moment,
    Money,
    MoneyQuantity,
    Number,
    NumberQuantity,
    Quantity,
    Rate,
    RateQuantity,
    Text,
    Title,
    WindowClose,
    fault,
)
from promo.textfile.decoding import Finding, decode, plainly_gb18030
from promo.textfile.files import (
    copy_folder,
    example_folder,
    exists,
    name_in_campaigns,
    place_folder,
    read_bytes,
    resolve,
    revision,
    unfinished,
    write_atomic,
    write_file,
)
from promo.textfile.loading import MAX_FINDINGS, load, parse
from promo.textfile.pages import Place, page_of
from promo.textfile.places import Loaded, Source
from promo.textfile.revisions import folder_of_revision
from promo.textfile.tables import Table, read_table
from promo.textfile.watching import watching

__all__ = [
    "MAX_FINDINGS",
    "AssumedAmount",
    "BasisPoints",
    "Count",
    "CountQuantity",
    "Day",
    "Factor",
    "FileModel",
    "Finding",
    "Flag",
    "Identifier",
    "KeyPath",
    "Loaded",
    "Moment",
    "Money",
    "MoneyQuantity",
    "Number",
    "NumberQuantity",
    "Place",
    "Quantity",
    "Rate",
    "RateQuantity",
    "Source",
    "Table",
    "Text",
    "Title",
    "WindowClose",
    "copy_folder",
    "decode",
    "example_folder",
    "exists",
    "fault",
    "folder_of_revision",
    "load",
    "name_in_campaigns",
    "page_of",
    "parse",
    "place_folder",
    "plainly_gb18030",
    "read_bytes",
    "read_table",
    "resolve",
    "revision",
    "unfinished",
    "watching",
    "write_atomic",
    "write_file",
]
