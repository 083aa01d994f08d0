"""Reads and writes interchanges with libraries that know nothing of the shop: pydifact for EDIFACT, pyx12 for X12.

edi.py read edifact|x12     an interchange on standard input; its segments as JSON on standard output
edi.py write edifact|x12    segments as JSON on standard input; the interchange on standard output
"""

import io
import json
import sys


def plain(element):
    """The components of an element, without empty ones at its end."""
    parts = [element] if isinstance(element, str) else list(element)
    while parts and parts[-1] == "":
        parts.pop()
    return parts


def row(tag, elements):
    rest = [plain(element) for element in elements]
    while rest and rest[-1] == []:
        rest.pop()
    return {"tag": tag, "elements": rest}


def read_edifact(text):
    from pydifact.segmentcollection import Interchange

    interchange = Interchange.from_str(text)
    # Fails when a trailer does not agree with what it closes.
    interchange.validate()
    messages = []
    for message in interchange.get_messages():
        message.validate()
        rows = [row(one.tag, one.elements) for one in message.segments]
        messages.append({"kind": message.type, "reference": message.reference_number, "segments": rows})
    return {"control": interchange.control_reference, "messages": messages, "errors": []}


def read_x12(text):
    from pyx12.x12file import X12Reader

    messages, errors, control = [], [], ""
    with X12Reader(io.StringIO(text)) as reader:
        for one in reader:
            errors.extend(str(error) for error in reader.pop_errors())
            values = one.format("~", "*", ">").rstrip("~").split("*")
            tag, elements = values[0], values[1:]
            if tag == "ISA":
                control = elements[12]
            elif tag == "ST":
                messages.append({"kind": elements[0], "reference": elements[1], "segments": []})
            elif tag not in ("GS", "GE", "SE", "IEA"):
                messages[-1]["segments"].append(row(tag, elements))
        reader.cleanup()
        errors.extend(str(error) for error in reader.pop_errors())
    return {"control": control, "messages": messages, "errors": errors}


def write_edifact(wanted):
    from pydifact.segmentcollection import Interchange, Message
    from pydifact.segments import Segment
    import datetime

    interchange = Interchange(
        sender=wanted["sender"],
        recipient=wanted["recipient"],
        control_reference=wanted["control"],
        syntax_identifier=("UNOC", 3),
        timestamp=datetime.datetime(2026, 11, 24, 10, 30),
    )
    for number, segments in enumerate(wanted["messages"], 1):
        message = Message(reference_number=str(number), identifier=("ORDERS", "D", "96A", "UN"))
        for one in segments:
            elements = [part[0] if len(part) == 1 else part for part in one["elements"]]
            message.add_segment(Segment(one["tag"], *elements))
        interchange.add_message(message)
    return interchange.serialize()


def write_x12(wanted):
    from pyx12.segment import Segment
    from pyx12.x12file import X12Writer

    out = io.StringIO()
    writer = X12Writer(out, "~", "*", ">", "\n", "^")
    sender, recipient = wanted["sender"].ljust(15), wanted["recipient"].ljust(15)
    head = ["ISA*00*          *00*          *ZZ", sender, "ZZ", recipient, "261124*1030*U*00401", wanted["control"], "0*P*>~"]
    writer.Write(Segment("*".join(head), "~", "*", ">"))
    writer.Write(Segment(f"GS*PO*{wanted['sender']}*{wanted['recipient']}*20261124*1030*1*X*004010~", "~", "*", ">"))
    for number, segments in enumerate(wanted["messages"], 1):
        writer.Write(Segment(f"ST*850*{number:04}~", "~", "*", ">"))
        for one in segments:
            text = "*".join([one["tag"], *(">".join(part) for part in one["elements"])])
            writer.Write(Segment(text + "~", "~", "*", ">"))
    # Writes the trailers, with its own counts.
    writer.Close()
    return out.getvalue()


def main():
    what, syntax = sys.argv[1:]
    if what == "read":
        text = sys.stdin.buffer.read().decode("latin-1")
        print(json.dumps({"edifact": read_edifact, "x12": read_x12}[syntax](text)))
    else:
        wanted = json.loads(sys.stdin.buffer.read().decode("utf-8"))
        sys.stdout.buffer.write({"edifact": write_edifact, "x12": write_x12}[syntax](wanted).encode("latin-1"))


main()
