"""What do the local plants build because of the campaign, and what is it worth to the city?

`manufacturer` is the file of one enterprise; `plants` builds and ships over the days; `stocks`
says where the cars went and where extra ones came from; `accounts` what they are worth to whom.
"""
