"""`python -m reader` is `broadsheet`: first the kept screen, where there is one to show, then everything else."""

import gc
import sys


def main() -> int:
    """Run the command line that we were started with; returns the exit code."""
    from reader import curtain

    gc.disable()  # loading makes many objects and no garbage: whoever goes on to work switches it on again
    try:
        curtain.show(sys.argv[1:])
        from reader.cli import main as run

        return run()
    except KeyboardInterrupt:  # while importing; later it is the command line's
        return 130
    finally:
        curtain.take_away()
        gc.freeze()  # or Python would look through everything once more before it lets go of it


if __name__ == "__main__":
    sys.exit(main())
