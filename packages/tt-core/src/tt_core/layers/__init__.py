"""Modules that own parameters (module 04); `tt_core.nn` lists them all."""
