"""The process that reads a large file beside the one that writes: a task on its input, blocks on its output."""

import gc
import pickle  # nosec
import sys

import django


def main() -> None:
    django.setup()
    gc.set_threshold(100_000, 50, 1000)  # a block lives as long as it is made
    from fairlead.exchange.imports.pieces import help_with

    # what our own process wrote
    # nosemgrep
    help_with(pickle.load(sys.stdin.buffer), sys.stdout.buffer)  # noqa: S301  # nosec


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # whoever began it is gone
        sys.stdout = None
