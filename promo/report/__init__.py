"""What the analyst reads: tables, terminal, workbook, page, run folder, words in two languages."""
