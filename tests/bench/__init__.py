"""Measurements: ``make bench``. The figures are in docs/performance.md."""
