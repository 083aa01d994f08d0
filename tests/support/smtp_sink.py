"""A real SMTP server for the tests: keeps every message it accepts as an .eml file and misbehaves on demand.

Prints its port as the first line of standard output and runs until it is told to stop or until the pipe on its standard
input ends, so it cannot outlive the test that started it.

    smtp_sink.py FOLDER [--mode MODE] [--delay SECONDS] [--reject ADDRESS] [--times N]

A file is called NNNN.eml; its first lines, X-Envelope-From and X-Envelope-To, are the envelope, the rest is the message
as it came over the wire.
"""

import argparse
import asyncio
import itertools
import os
import signal
import stat
from pathlib import Path

from aiosmtpd.smtp import SMTP

MODES = {
    "normal": "accepts everything",
    "slow": "waits --delay seconds before it answers DATA",
    "reject": "refuses the recipient --reject with 550 and takes the others",
    "temporary": "answers DATA with 451",
    "hangup": "takes the message and closes the connection without an answer",
    "sender": "refuses the sender of the envelope with 550 while the folder has no file mended.txt",
    "spam": "answers DATA with 554",
}


class Sink:
    """What the server does with recipients and messages."""

    def __init__(self, options):
        self.options = options
        self.faults_left = options.times
        self.numbers = itertools.count(1)

    def faulty(self, mode):
        """Whether `mode` applies to this message; --times limits how often, so that a retry can succeed."""
        if self.options.mode != mode or self.faults_left == 0:
            return False
        self.faults_left -= 1
        return True

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if self.options.mode == "sender" and not (self.options.folder / "mended.txt").exists():
            return "550 5.7.1 Sender not allowed here"
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 Sender accepted"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.options.mode == "reject" and address.lower() == self.options.reject.lower():
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient accepted"

    async def handle_DATA(self, server, session, envelope):
        if self.faulty("temporary"):
            return "451 4.3.0 Try again later"
        if self.faulty("spam"):
            return "554 5.7.1 Looks like spam"
        if self.faulty("slow"):
            await asyncio.sleep(self.options.delay)
        # Kept before a hang-up, too: the sender cannot know, and the test can see a message that went out twice.
        self.keep(envelope)
        if self.faulty("hangup"):
            server.transport.abort()
        return "250 2.0.0 Message kept"

    def keep(self, envelope):
        """Writes the message under a temporary name and renames it: a reader never sees half a file."""
        number = next(self.numbers)
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        part = self.options.folder / f"{number:04}.part"
        part.write_bytes(head.encode() + envelope.original_content)
        part.rename(self.options.folder / f"{number:04}.eml")


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the messages are kept; made when missing")
    parser.add_argument("--mode", choices=MODES, default="normal", help="; ".join(f"{k}: {v}" for k, v in MODES.items()))
    parser.add_argument("--delay", type=float, default=10.0, help="seconds, for --mode slow")
    parser.add_argument("--reject", default="", help="address, for --mode reject")
    parser.add_argument("--times", type=int, default=-1, help="how many messages meet the fault; all when left out")
    chosen = parser.parse_args()
    if chosen.mode == "reject" and not chosen.reject:
        parser.error("--mode reject needs --reject ADDRESS")
    return chosen


async def main():
    chosen = options()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    sink = Sink(chosen)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink.test", enable_SMTPUTF8=True), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)

    done = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, done.set)
    loop.add_signal_handler(signal.SIGINT, done.set)
    # A pipe as standard input ends when the parent goes, however it goes. Anything else (a terminal, /dev/null) says nothing.
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        loop.add_reader(0, lambda: os.read(0, 1024) or done.set())
    await done.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
