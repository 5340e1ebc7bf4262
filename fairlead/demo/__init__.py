"""The demo world: an IT firm whose dates are relative to now. Tests, demo and screenshots share it."""
