"""Reading what other programs wrote and writing what they read."""
