"""The samples of the spatial primitives, in the files of `primitives`; imported when they are first asked for."""
