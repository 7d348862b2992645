#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""render.py TITLE WIDTH <TEXT >SVG: what a terminal showed, as a picture; python3-rich draws it."""
import io
import re
import sys

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

title, width = sys.argv[1], int(sys.argv[2])
console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="standard")
for line in sys.stdin.read().rstrip("\n").split("\n"):
    console.print(Text.from_ansi(line, no_wrap=True), overflow="crop", no_wrap=True, crop=True)
# No font is fetched: the reader's own will do.
template = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.S)
svg = console.export_svg(title=title, code_format=template)
sys.stdout.write("\n".join(line.rstrip() for line in svg.split("\n")).strip() + "\n")
