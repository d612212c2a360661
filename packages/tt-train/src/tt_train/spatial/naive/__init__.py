"""Every spatial primitive as explicit loops: the definition of what each operation means (module 09)."""
