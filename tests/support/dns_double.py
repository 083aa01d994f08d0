"""A DNS server for the tests, on a port of its own on 127.0.0.1 for UDP and TCP: dns_double.py RECORDS.

RECORDS is a file of JSON that is read anew for each question: {"name": [["TXT", "text"], ["MX", "10 host"]]}. A name that is not in it does
not exist. Prints its port as the first line of standard output and runs until its standard input ends.
"""

import json
import sys
from pathlib import Path

from dnslib import MX, QTYPE, RCODE, RR, TXT
from dnslib.server import DNSLogger, DNSServer


class Records:
    def __init__(self, path):
        self.path = Path(path)

    def resolve(self, request, handler):
        reply = request.reply()
        question = request.q
        known = json.loads(self.path.read_text()).get(str(question.qname).rstrip(".").lower())
        if known is None:
            reply.header.rcode = RCODE.NXDOMAIN
            return reply
        for kind, value in known:
            if kind != QTYPE[question.qtype]:
                continue
            if kind == "TXT":
                # A text of more than 255 bytes is several strings (RFC 1035, 3.3.14).
                data = TXT([value[at : at + 255].encode() for at in range(0, len(value), 255)])
            else:
                preference, host = value.split()
                data = MX(host, int(preference))
            reply.add_answer(RR(question.qname, question.qtype, rdata=data, ttl=1))
        return reply


def pair(records, logger):
    """A server for each protocol on one port: one that is free for UDP may be taken for TCP."""
    for _ in range(50):
        udp = DNSServer(records, port=0, address="127.0.0.1", logger=logger)
        port = udp.server.server_address[1]
        try:
            return udp, DNSServer(records, port=port, address="127.0.0.1", tcp=True, logger=logger), port
        except OSError:
            udp.server.server_close()
    sys.exit("no port is free for both UDP and TCP")


def main():
    records = Records(sys.argv[1])
    # Nobody reads what it would print: whoever started it has the port and goes on.
    silent = DNSLogger(logf=lambda text: None)
    udp, tcp, port = pair(records, silent)
    udp.start_thread()
    tcp.start_thread()
    print(port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
