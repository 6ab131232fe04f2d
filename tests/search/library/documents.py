"""Small real files of every format, written by hand."""

import io
import zipfile
from collections.abc import Mapping

import docx


def pdf(*pages: str, title: str = "", encrypted: bool = False) -> bytes:
    """A PDF with one line of Helvetica text per line of each page; `encrypted` needs a password that nobody knows."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, page in enumerate(pages):
        shown = "".join(f"({_escaped(line)}) Tj T* " for line in page.split("\n"))
        content = f"BT /F1 10 Tf 50 780 Td 14 TL {shown}ET".encode("cp1252")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * i} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    trailer = f"/Size {len(objects) + 2} /Root 1 0 R /Info {len(objects) + 1} 0 R".encode()
    objects.append(f"<< /Title ({_escaped(title)}) >>".encode())
    if encrypted:
        garbage = b"00112233" * 8
        objects.append(b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + garbage + b"> /U <" + garbage + b"> >>")
        trailer += f" /Encrypt {len(objects)} 0 R /ID [<00112233> <00112233>]".encode()
    return _assembled(objects, trailer)


def _assembled(objects: list[bytes], trailer: bytes) -> bytes:
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    offsets: list[int] = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    xref = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offset for offset in offsets))
    out.write(b"trailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (trailer, xref))
    return out.getvalue()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def word() -> bytes:
    document = docx.Document()
    document.core_properties.title = ""
    document.add_heading("Travel policy", 0)
    document.add_heading("Trains", 1)
    document.add_paragraph("Employees travel by train whenever the journey takes less than six hours.")
    document.add_heading("First class", 2)
    document.add_paragraph("First class is reimbursed for journeys of more than four hours.")
    document.add_heading("Rates", 1)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("Country", "Rate", "Norway", "92 EUR"), strict=True
    ):
        cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word_with(part: str, content: bytes) -> bytes:
    """A Word file with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, content if name == part else source.read(name))
    return out.getvalue()


_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def slides(*pages: tuple[str, str], notes: str = "", table: tuple[tuple[str, ...], ...] = (), title: str = "") -> bytes:
    """A presentation; each page has a title and a text. Notes and table belong to the last. Parts are named backwards."""
    parts: dict[str, str] = {"docProps/core.xml": _core(title)}
    count = len(pages)
    entries = "".join(f'<p:sldId id="{256 + n}" r:id="rId{n}"/>' for n in range(1, count + 1))
    parts["ppt/presentation.xml"] = f"<p:presentation {_P} {_R}><p:sldIdLst>{entries}</p:sldIdLst></p:presentation>"
    parts["ppt/_rels/presentation.xml.rels"] = relations(
        *((f"rId{n}", "slide", f"slides/slide{count + 1 - n}.xml") for n in range(1, count + 1))
    )
    for number, (heading, text) in enumerate(pages, start=1):
        part = f"slide{count + 1 - number}.xml"
        is_last = number == count
        parts[f"ppt/slides/{part}"] = _slide(heading, text, table if is_last else ())
        if notes and is_last:
            parts[f"ppt/slides/_rels/{part}.rels"] = relations(("rId1", "notesSlide", "../notesSlides/notesSlide1.xml"))
            body = _shape("body", notes) + _shape("sldNum", "7")
            parts["ppt/notesSlides/notesSlide1.xml"] = _tree("notes", body)
    return archive(parts)


def _slide(heading: str, text: str, table: tuple[tuple[str, ...], ...]) -> str:
    rows = "".join(
        f"<a:tr>{''.join(f'<a:tc><a:txBody>{_paragraphs(cell)}</a:txBody></a:tc>' for cell in row)}</a:tr>"
        for row in table
    )
    frame = (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{rows}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )
    grouped = f"<p:grpSp>{_shape('', text)}</p:grpSp>"
    return _tree("sld", _shape("title", heading) + grouped + (frame if table else "") + _shape("ftr", "Confidential"))


def _tree(kind: str, shapes: str) -> str:
    return f"<p:{kind} {_P} {_A} {_R}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{kind}>"


def _shape(placeholder: str, text: str) -> str:
    kind = f'<p:nvPr><p:ph type="{placeholder}"/></p:nvPr>' if placeholder else "<p:nvPr/>"
    return f"<p:sp><p:nvSpPr>{kind}</p:nvSpPr><p:txBody>{_paragraphs(text)}</p:txBody></p:sp>"


def _paragraphs(text: str) -> str:
    return "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))


def _core(title: str) -> str:
    return (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></cp:coreProperties>'
    )


def relations(*entries: tuple[str, str, str]) -> str:
    listed = "".join(f'<Relationship Id="{i}" Type="{_RELATION}/{kind}" Target="{to}"/>' for i, kind, to in entries)
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{listed}</Relationships>'
    )


def ebook(
    chapters: Mapping[str, str],
    *,
    title: str = "",
    labels: Mapping[str, str] | None = None,
    encryption: str = "",
    has_order: bool = True,
) -> bytes:
    """An electronic book of these chapters (name -> body), in a folder of its own, with a table of contents if it has `labels`."""
    items = "".join(
        f'<item id="i{n}" href="text/{name.replace(" ", "%20")}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(chapters)
    )
    points = "".join(
        f'<navPoint><navLabel><text>{label}</text></navLabel><content src="text/{name}"/></navPoint>'
        for name, label in (labels or {}).items()
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(chapters) if has_order else 0))
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></metadata><manifest>{items}'
        '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest>'
        f"<spine>{spine}</spine></package>",
        "OEBPS/toc.ncx": f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{points}</navMap></ncx>',
        **{
            f"OEBPS/text/{name}": '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
            f"<head><title/><script src='x.js'/></head><body><a id='top'/>{body}</body></html>"
            for name, body in chapters.items()
        },
    }
    return archive(parts | ({"META-INF/encryption.xml": encryption} if encryption else {}))


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()
