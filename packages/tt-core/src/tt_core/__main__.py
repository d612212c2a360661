"""`python -m tt_core` is `tt`."""

from tt_core.course.cli import main

if __name__ == "__main__":
    main()
