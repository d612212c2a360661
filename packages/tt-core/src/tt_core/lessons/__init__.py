"""The lessons of modules 01 to 06: one folder each, read by the course engine and by nothing of the library."""
