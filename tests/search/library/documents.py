"""Small real files of every format, written by hand."""

import io
import zipfile

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
