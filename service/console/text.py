"""The one way in which words of a person, a document or an error enter the page: as text, never as HTML."""

from nicegui.elements.mixins.text_element import TextElement


def text(content: str, tag: str = "span", classes: str = "") -> TextElement:
    """An HTML element whose only child is a text node."""
    return TextElement(tag=tag, text=content).classes(classes)
