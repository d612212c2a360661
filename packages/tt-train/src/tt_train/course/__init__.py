"""The commands that tt-train adds to `tt`; nothing of the library imports them.

They need the extra `course`: `pip install "tt-train[course]"`.
"""
