"""Optimizers: how gradients become better parameters (module 08)."""
