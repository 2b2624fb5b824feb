"""Segments of EDIFACT and X12, as lists of elements, which are lists of components."""

import re

from values import strip

FILLING = " \t\r\n\0\x1a"
ENDS = ["", "", "\r\n", "\n", "\x1a", "\r\n\x1a", "\0", "  "]
PLACE = re.compile(r"\[([0-9]+)(?:\.([0-9]+|\*))?(?:=\"([^\"]*)\")?\]")


def values(segments, path, code_of):
    """Yields the texts of a path, with the codes of their dates: `code_of` has segment, element, component and text."""
    tag, rest = re.fullmatch(r"([A-Z0-9]{2,3})(\[.*)", path).groups()
    *conditions, (element, component, _) = PLACE.findall(rest)
    for segment in segments:
        if segment[0][0] != tag or any(at(segment, int(where), int(of or 1)) != text for where, of, text in conditions):
            continue
        if component == "*":
            if int(element) < len(segment):
                parts = map(strip, segment[int(element)])
                yield " ".join(part for part in parts if part), None
            continue
        of = int(component or 1)
        text = at(segment, int(element), of)
        if text is not None:
            yield text, code_of(segment, int(element), of, text)


def at(segment, element, component):
    if element < len(segment) and component <= len(segment[element]):
        return segment[element][component - 1]
    return None
