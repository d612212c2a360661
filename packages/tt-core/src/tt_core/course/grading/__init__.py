"""Grading: many submissions, each checked in a sandbox by a parent that never runs a line of theirs.

`sandbox` confines a process as well as the machine allows, and says how well; `submissions` reads what was handed in as
hostile data; `library` prepares a library without answers; `grader` and `batch` do the work; `formats` writes it down.
"""
