"""Real files of each format, made in memory for the tests of ingestion."""

from email.message import EmailMessage
from io import BytesIO

from docx import Document
from openpyxl import Workbook
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas


def pdf(*lines: str, pages: int = 1, size: int = 11) -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for _ in range(pages):
        canvas.setFont("Helvetica", size)
        for number, line in enumerate(lines):
            canvas.drawString(72, 750 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def encrypted_pdf(user: str, owner: str) -> bytes:
    writer = PdfWriter()
    writer.append(PdfReader(BytesIO(pdf("Under lock and key"))))
    writer.encrypt(user, owner, algorithm="RC4-128")
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def docx(*paragraphs: str, heading: str = "") -> bytes:
    document = Document()
    if heading:
        document.add_heading(heading, 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def xlsx(rows: list[list[object]], sheet: str = "Prices") -> bytes:
    workbook = Workbook()
    workbook.active.title = sheet
    for row in rows:
        workbook.active.append(row)
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def mail(subject: str = "Recall of the hinge", body: str = "Please read.\n") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Desk <desk@example.com>", "all@example.com", subject
    message["Date"] = "Tue, 19 May 2026 16:40:00 +0200"
    message.set_content(body)
    return message
