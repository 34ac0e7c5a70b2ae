"""Measurements of what DESIGN.md section 8 promises; run with `python -m benchmarks`."""
