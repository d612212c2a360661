"""The course engine and the command `tt`; nothing of the library imports it.

It needs the extra `course`: `pip install "tt-core[course]"`.
"""
