"""What do the local plants build because of the campaign, and what is it worth to the city?

`manufacturer` is the file of one enterprise, `plants` the path of stocks and output over the days,
`accounts` the value, work and tax that follow from it.
"""
