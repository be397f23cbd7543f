"""Labels cases on a local page, with the guideline beside them: plain HTML on loopback, for the person who is here.

It is a program of its own and no part of the service's page: a suite is a folder in a repository, and the service,
which has no suites, may not import what judges it. The address carries a secret, so that no other page of the browser
and no other user of the machine can label. Labels go to the same file, by the same steps, as in the terminal.
"""

import html
import secrets
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response

from eval.labelling import Session, guideline, passage
from eval.labels import KEYS, Judgement
from eval.suite import Case

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem }
body { color: #1c1c1c; background: #fff }
main { display: grid; gap: 2rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr) }
@media (max-width: 50rem) { main { grid-template-columns: minmax(0, 1fr) } }
h1 { font-size: 1.3rem; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; font-size: .9rem }
blockquote { border-left: 4px solid #888; margin: .5rem 0; padding-left: 1rem; overflow-wrap: anywhere }
button, input { font: inherit; padding: .5rem .8rem } button { margin: .3rem .3rem .3rem 0 }
:focus-visible { outline: 3px solid #1a5fb4 }
"""


def label_app(session: Session, corpus: Path, secret: str) -> FastAPI:
    """The page of one session, under `/{secret}/`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    cases = {case.id: case for case in session.cases}

    def check(given: str) -> None:
        if not secrets.compare_digest(given.encode(), secret.encode()):
            raise HTTPException(404)

    @app.get("/{given}/")
    def show(given: str, skip: int = 0) -> Response:
        check(given)
        pending = session.pending()
        if not pending:
            return HTMLResponse(_page(session, "<h1>Every case has a label.</h1>"), headers=_HEADERS)
        case = pending[skip % len(pending)]
        body = _case(session, case, passage(corpus, case), f"{len(pending)} to label", skip)
        return HTMLResponse(_page(session, body), headers=_HEADERS)

    @app.post("/{given}/")
    def keep(
        given: str,
        case: Annotated[str, Form()],
        label: Annotated[Judgement, Form()],
        note: Annotated[str, Form()] = "",
        skip: Annotated[int, Form()] = 0,
    ) -> Response:
        check(given)
        if case not in cases:
            raise HTTPException(404)
        session.keep(cases[case], label, note)
        return RedirectResponse(f"/{given}/?skip={skip}", status_code=303)

    return app


def _page(session: Session, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Label {html.escape(session.suite.name)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style>'
        f'<main><section>{body}</section><aside aria-label="Guideline">'
        f"<pre>{html.escape(guideline(session.suite))}</pre></aside></main></html>"
    )


def _case(session: Session, case: Case, context: str, left: str, skip: int) -> str:
    said = "answerable" if case.answerable else "not answerable"
    lines = [f"<h1>{html.escape(case.question)}</h1>"]
    lines.append(
        f"<p>{html.escape(case.id)}, spaces {html.escape(', '.join(case.spaces))}, marked as {said}. {left}.</p>"
    )
    lines += [f"<p>Answer: <b>{html.escape(' / '.join(part))}</b></p>" for part in case.parts]
    lines += [
        f"<blockquote>{html.escape(quote)}<br><small>{html.escape(document)}</small></blockquote>"
        for document, quote in case.relevant
    ]
    lines.append(f"<details open><summary>Where it stands</summary><pre>{html.escape(context)}</pre></details>")
    lines += [f"<p>{html.escape(name)}: {html.escape(text)}</p>" for name, text in session.others(case).items()]
    buttons = "".join(
        f'<button name="label" value="{label}" accesskey="{key}">{label} ({key})</button>'
        for key, label in KEYS.items()
    )
    lines.append(
        f'<form method="post"><input type="hidden" name="case" value="{html.escape(case.id, quote=True)}">'
        f'<input type="hidden" name="skip" value="{skip}">'
        '<p><label>Note <input name="note" autocomplete="off"></label></p>'
        f'<div>{buttons}</div></form><p><a href="?skip={skip + 1}" accesskey="s">Skip (s)</a></p>'
    )
    return "\n".join(lines)
