"""`python -m reader` is `broadsheet`: first the kept screen, where there is one to show, then everything else."""

import sys


def main() -> int:
    """Run the command line that we were started with; returns the exit code."""
    from reader import curtain

    try:
        curtain.show(sys.argv[1:])
        from reader.cli import main as run

        return run()
    except KeyboardInterrupt:  # while importing; later it is the command line's
        return 130
    finally:
        curtain.take_away()


if __name__ == "__main__":
    sys.exit(main())
