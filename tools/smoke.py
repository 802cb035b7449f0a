"""Start the reader on the sample edition in a pseudo-terminal, see the three panes, press `Q`, and see it end well."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

WANTED = (b"BROADSHEET", b"Sections", b"Latest")
PATIENCE_S = 60


def main() -> int:
    """0 when the reader opened and closed as it should."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(sys.executable, [sys.executable, "-m", "reader", "--sample"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen, asked, deadline = b"", False, time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
        if not asked and all(word in seen for word in WANTED):
            os.write(terminal, b"Q")
            asked = True
    else:
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    missing = [word.decode() for word in WANTED if word not in seen]
    if missing or status:
        print(f"The reader ended with {status}; not seen on the screen: {missing}", file=sys.stderr)
        print(seen[-3000:].decode(errors="replace"), file=sys.stderr)
        return 1
    print("The reader opened on the sample edition and closed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
