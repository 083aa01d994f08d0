"""A real IMAP server for the tests: pymap with its mails in memory, for the user `help` with the password `a word`.

Prints its port as the first line of standard output and runs until it is told to stop or until the pipe on its standard
input ends, so it cannot outlive the test that started it. It may still need a moment until it answers.

    imap_server.py [PORT]

Without a port, or with 0, it takes one that is free. Each start forgets all mails and numbers them anew (UIDVALIDITY).
"""

import os
import socket
import sys
import threading

from pymap.main import main


def free():
    """A port that nobody uses now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def end_with_the_pipe():
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    port = port or free()
    print(port, flush=True)
    threading.Thread(target=end_with_the_pipe, daemon=True).start()
    user = ["--demo-user", "help", "--demo-password", "a word"]
    sys.argv = ["pymap", "--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", *user]
    sys.exit(main())
