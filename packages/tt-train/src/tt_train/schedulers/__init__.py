"""Schedules: how the learning rate changes while a model is trained (module 08)."""
