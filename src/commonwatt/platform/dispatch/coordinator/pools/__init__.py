"""Pools of shards: in this process, in others, on a Ray cluster, and homes elsewhere beside them.

All of them fill `shards.Pool`; for the same rows the first three give the same plan to the last
bit, however many shards the rows are dealt to.
"""
