"""Bringing in what a file holds: each row a draft, tried first, then taken in."""
