"""What the doors for programs share: keys, lists and timelines, whatever protocol carries them."""
