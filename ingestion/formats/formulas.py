"""Formulas of Word (Office Math Markup) to LaTeX: the constructions that documents use, others as their text."""

from collections.abc import Callable
from typing import TypeAlias

from lxml import etree

from ingestion.formats.markup import attribute, child, local

Element: TypeAlias = etree._Element
_SIGNS = {
    "\u2211": r"\sum", "\u220f": r"\prod", "\u222b": r"\int", "\u222c": r"\iint", "\u222d": r"\iiint",
    "\u222e": r"\oint", "\u22c3": r"\bigcup", "\u22c2": r"\bigcap", "\u221e": r"\infty", "\u00d7": r"\times",
    "\u00b7": r"\cdot", "\u00f7": r"\div", "\u00b1": r"\pm", "\u2264": r"\leq", "\u2265": r"\geq", "\u2260": r"\neq",
    "\u2248": r"\approx", "\u2192": r"\to", "\u2190": r"\leftarrow", "\u21d2": r"\Rightarrow", "\u2208": r"\in",
    "\u2202": r"\partial", "\u2207": r"\nabla", "\u2026": r"\ldots", "\u22ef": r"\cdots", "\u221d": r"\propto",
    "\u2200": r"\forall", "\u2203": r"\exists", "\u2032": "'", "\u2212": "-", "\u2013": "-", "\u2217": "*",
}  # fmt: skip
_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma tau upsilon phi chi psi omega"  # noqa: E501
_SIGNS |= {chr(0x3B1 + number): f"\\{name}" for number, name in enumerate(_GREEK.split())}
_SIGNS |= {chr(0x391 + number): f"\\{name.title()}" for number, name in enumerate(_GREEK.split()) if number != 17}
_FUNCTIONS = {
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "log",
    "ln",
    "exp",
    "lim",
    "max",
    "min",
    "sup",
    "inf",
    "det",
}
_BREAK = r" \\ "
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u20d7": "vec"}


def latex(formula: Element) -> str:
    """An `oMath` element as LaTeX, without dollar signs."""
    return " ".join(_all(formula).split())


def _all(element: Element | None) -> str:
    return "".join(_one(each) for each in element) if element is not None else ""


def _one(element: Element) -> str:
    name = local(element)
    if name.endswith("Pr"):
        return ""
    write = _WRITERS.get(name)
    return write(element) if write else _all(element)


def _part(element: Element, name: str) -> str:
    return _all(child(element, name))


def _property(element: Element, name: str, default: str) -> str:
    """A value of the element's own properties; one that is there and empty is empty."""
    holder = child(child(element, f"{local(element)}Pr"), name)
    if holder is None:
        return default
    value = attribute(holder, "val")
    return default if value is None else value


def _run(element: Element) -> str:
    text = "".join(each.text or "" for each in element if local(each) == "t")
    signs = (_SIGNS.get(letter, letter) for letter in text)
    return "".join(f" {sign} " if sign[0] == "\\" else sign for sign in signs)


def _fraction(element: Element) -> str:
    over, under = _part(element, "num"), _part(element, "den")
    if _property(element, "type", "bar") == "noBar":
        return rf"\genfrac{{}}{{}}{{0pt}}{{}}{{{over}}}{{{under}}}"
    return rf"\frac{{{over}}}{{{under}}}"


def _base(element: Element) -> str:
    base = _part(element, "e")
    return f"{{{base}}}" if base.startswith(r"\frac") else base


def _scripts(element: Element) -> str:
    below, above = (_part(element, name) for name in ("sub", "sup"))
    return _base(element) + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def _radical(element: Element) -> str:
    degree = _part(element, "deg")
    return rf"\sqrt{f'[{degree}]' if degree else ''}{{{_part(element, 'e')}}}"


def _large(element: Element) -> str:
    sign = _SIGNS.get(_property(element, "chr", "\u222b"), r"\int")
    below, above = (_part(element, name) for name in ("sub", "sup"))
    limits = (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
    return f"{sign}{limits}{{{_part(element, 'e')}}}" if limits else f"{sign} {_part(element, 'e')}"


def _brackets(element: Element) -> str:
    left, right = _property(element, "begChr", "("), _property(element, "endChr", ")")
    inner = ",".join(_all(each) for each in element if local(each) == "e")
    return rf"\left{_fence(left)}{inner}\right{_fence(right)}"


def _fence(sign: str) -> str:
    return {"": ".", "{": r"\{", "}": r"\}", "\u2016": r"\|", "\u27e8": r"\langle ", "\u27e9": r"\rangle "}.get(
        sign, sign
    )


def _function(element: Element) -> str:
    name = _part(element, "fName").strip()
    return f"{_named(name)}({_part(element, 'e')})"


def _named(function: str) -> str:
    return f"\\{function}" if function in _FUNCTIONS else function


def _matrix(element: Element) -> str:
    rows = (" & ".join(_all(cell) for cell in row if local(cell) == "e") for row in element if local(row) == "mr")
    return rf"\begin{{matrix}}{_BREAK.join(rows)}\end{{matrix}}"


def _array(element: Element) -> str:
    rows = (_all(each) for each in element if local(each) == "e")
    return rf"\begin{{array}}{{c}}{_BREAK.join(rows)}\end{{array}}"


def _accent(element: Element) -> str:
    return rf"\{_ACCENTS.get(_property(element, 'chr', chr(0x302)), 'hat')}{{{_part(element, 'e')}}}"


def _over(element: Element) -> str:
    name = "overline" if _property(element, "pos", "bot") == "top" else "underline"
    return rf"\{name}{{{_part(element, 'e')}}}"


def _limit(element: Element) -> str:
    place = "^" if local(element) == "limUpp" else "_"
    base = _part(element, "e").strip()
    return f"{_named(base)}{place}{{{_part(element, 'lim')}}}"


_WRITERS: dict[str, Callable[[Element], str]] = {
    "r": _run,
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "rad": _radical,
    "nary": _large,
    "d": _brackets,
    "func": _function,
    "m": _matrix,
    "eqArr": _array,
    "acc": _accent,
    "bar": _over,
    "limLow": _limit,
    "limUpp": _limit,
}
