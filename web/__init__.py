"""The Flask floor: pages and interface over `projections` and `domain`. It holds no code yet."""
