#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""wrap.py [--check] FILE...: wrap the paragraphs of Markdown and the comments of C that have a line of more than 100 columns.

Paragraphs without such a line stay as they are. Headings, tables, pictures and code are never wrapped. With --check nothing is
written: each line that is too long is printed, and the status is 1 if there is one. FILE "-" wraps Markdown from stdin to stdout.
"""
import re
import sys

LIMIT = 100
MARKER = re.compile(r"^(\s*)([-*]|\d+\.)\s+")
# A line that begins so would be a list, a heading, a quotation or a table.
SPECIAL = re.compile(r"^([-+*]|\d+[.)]|#+|>.*|\|.*)$")


def columns(line):
    return len(line.expandtabs(8))


def fill(text, first, rest):
    """The words of a text in lines of at most LIMIT columns. Code between backquotes is one word."""
    lines, line = [], first
    begun = False
    for word in re.findall(r"(?:`[^`]*`|\d [KMGT]iB|\S)+", text):
        if begun and columns(line + " " + word) > LIMIT and not SPECIAL.match(word):
            lines.append(line)
            line, begun = rest, False
        line += (" " if begun else "") + word
        begun = True
    return lines + [line]


def markdown(lines):
    """Yield (lines, wrapped lines) for each paragraph, and (line, None) for what is never wrapped."""
    paragraph, fenced = [], False

    def flush():
        if paragraph:
            marker = MARKER.match(paragraph[0])
            indent = re.match(r"\s*", paragraph[0]).group()
            first = marker.group() if marker else indent
            text = " ".join([paragraph[0][len(first):]] + [line.strip() for line in paragraph[1:]])
            yield list(paragraph), fill(text, first, " " * len(first))
            paragraph.clear()

    for line in lines:
        fence = line.lstrip().startswith("```")
        verbatim = fenced or fence or re.match(r"(\||#|<!--|!\[|\[!)", line) or (not paragraph and re.match(r"    |\t", line))
        if fence:
            fenced = not fenced
        if verbatim or not line.strip():
            yield from flush()
            yield [line], None
        else:
            if MARKER.match(line):
                yield from flush()
            paragraph.append(line)
    yield from flush()


def c_comment(lines):
    """The same for a file of C: a paragraph of a comment that has lines of its own."""
    block, paragraph = False, []

    def flush():
        if paragraph:
            first = re.match(r"\s*\* *(?:- +)?", paragraph[0]).group()
            body = paragraph[0][len(first):]
            star = re.match(r"\s*\*", first).group()
            rest = star + "\t" if body.startswith("@") else star + " " * (len(first) - len(star))
            text = " ".join([body] + [re.sub(r"^\s*\*\s*", "", line) for line in paragraph[1:]])
            yield list(paragraph), fill(text, first, rest)
            paragraph.clear()

    for line in lines:
        single = re.match(r"^(\s*)/(\*\*?) (.*\S) \*/$", line)
        if not block and single and columns(line) > LIMIT:
            indent = single.group(1)
            yield [line], [indent + "/" + single.group(2)] + fill(single.group(3), indent + " * ", indent + " * ") + [indent + " */"]
        elif not block:
            block = re.match(r"^\s*/\*\*?$", line) is not None
            yield [line], None
        elif "*/" in line:
            yield from flush()
            block = False
            yield [line], None
        else:
            if not re.match(r"^\s*\* \S", line):
                # A blank line, or an indented one: a continuation if it goes on with "@name: ...", and else code.
                if paragraph and re.match(r"^\s*\* *\t\S|^\s*\*  +\S", line) and re.match(r"^\s*\* (@|- )", paragraph[0]):
                    paragraph.append(line)
                    continue
                yield from flush()
                yield [line], None
                continue
            if re.match(r"^\s*\* (@|- |[A-Z]\w+:)", line):
                yield from flush()
            paragraph.append(line)
    yield from flush()


def wrap(lines, parse):
    out = []
    for old, new in parse(lines):
        out += new if new is not None and any(columns(line) > LIMIT for line in old) else old
    return out


def too_long(lines, parse):
    """The numbers of lines that are too long and that wrap() would change."""
    number = 0
    for old, new in parse(lines):
        for line in old:
            number += 1
            if new is not None and columns(line) > LIMIT and new != old:
                yield number


def main(args):
    check = args[:1] == ["--check"]
    status = 0
    for path in args[1:] if check else args:
        parse = c_comment if path.endswith((".c", ".h")) else markdown
        with (sys.stdin if path == "-" else open(path, encoding="utf-8")) as file:
            lines = file.read().split("\n")
        if check:
            for number in too_long(lines, parse):
                print(f"{path}:{number}: more than {LIMIT} columns")
                status = 1
            continue
        new = wrap(lines, parse)
        if path == "-":
            sys.stdout.write("\n".join(new))
        elif new != lines:
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(new))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
