"""Engines: Task in, Reply out (`base.Engine`)."""
