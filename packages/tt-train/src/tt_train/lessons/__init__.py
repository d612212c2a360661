"""The lessons of modules 07 to 10: one folder each, read by the course engine and by nothing of the library."""
