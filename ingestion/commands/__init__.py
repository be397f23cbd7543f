"""Commands of `ragready` that bring documents in and out: a module a group.

They open the stores, which nothing else in ingestion does.
"""
