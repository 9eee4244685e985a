"""Prints the text of a PDF as a reader would find it: with the characters that people type, page after page."""

import sys
import unicodedata

from pypdf import PdfReader

for page in PdfReader(sys.argv[1]).pages:
    # Fonts have one drawing for several characters (漢 and its radical); any of them may be named.
    print(unicodedata.normalize("NFKC", page.extract_text()))
