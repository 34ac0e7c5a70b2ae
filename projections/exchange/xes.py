"""The journeys as an event log for process mining: XES 2.0 (IEEE Std 1849-2016), one trace per participation.

The document follows the schema of the standard, which knows no namespace. Every event is the completion of what its
name says. A beginning is no `start` transition: tools pair start and completion by equal names, and an event
`placement_started` that no event of that name completes would be lost to them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from domain.facts import Enrolled
from projections.exchange.pseudonyms import Case, Event, Typed, attribute_types, midnight
from projections.exchange.steps import fields_of

_ELEMENTS = {"string": "string", "integer": "int", "float": "float", "boolean": "boolean", "time": "date"}
_WITHOUT = {"string": "-", "id": "-", "int": "0", "float": "0.0", "boolean": "false", "date": "1970-01-01T00:00:00Z"}
"""What a global attribute is where an element lacks it; the standard wants one said, and here none lacks any."""

_EXTENSIONS = {"Concept": "concept", "Lifecycle": "lifecycle", "Organizational": "org", "Time": "time"}
_TRACE_GLOBALS = {"concept:name": "string", "participant": "id", "participation": "int"}
_EVENT_GLOBALS = {"concept:name": "string", "lifecycle:transition": "string", "time:timestamp": "date"}

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def xes(programme: str, cases: Iterable[Case]) -> Iterator[str]:
    """The document, piece by piece: its head, each trace as it is drawn from `cases`, its end."""
    yield from _head(programme)
    for case in cases:
        yield "".join(_trace(case))
    yield "</log>\n"


def _head(programme: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849.2016" xes.features="">\n'
    for name, prefix in _EXTENSIONS.items():
        yield f'<extension name="{name}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>\n'
    always = {field.name for field in fields_of(Enrolled) if field.required}
    traits = {key: _ELEMENTS[kind] for key, kind in attribute_types(Enrolled).items() if key in always}
    yield from _global("trace", _TRACE_GLOBALS | traits)
    yield from _global("event", _EVENT_GLOBALS)
    yield '<classifier name="Step" scope="event" keys="concept:name"/>\n'
    yield _attribute("string", "concept:name", programme)
    yield _attribute("string", "lifecycle:model", "standard")


def _global(scope: str, attributes: Mapping[str, str]) -> Iterator[str]:
    yield f'<global scope="{scope}">\n'
    yield from (_attribute(element, key, _WITHOUT[element]) for key, element in attributes.items())
    yield "</global>\n"


def _trace(case: Case) -> Iterator[str]:
    yield "<trace>\n"
    yield _attribute("string", "concept:name", case.id)
    yield _attribute("id", "participant", case.participant)
    yield _attribute("int", "participation", str(case.participation))
    yield from _attributes(case.traits)
    for event in case.events:
        yield from _event(event)
    yield "</trace>\n"


def _event(event: Event) -> Iterator[str]:
    yield "<event>\n"
    yield _attribute("string", "concept:name", event.step)
    yield _attribute("string", "lifecycle:transition", "complete")
    yield _attribute("date", "time:timestamp", midnight(event.on))
    if event.coach:
        yield _attribute("string", "org:resource", event.coach)
    if event.subject:
        yield _attribute("id", "ref", event.subject)
    if event.placement:
        yield _attribute("id", "placement", event.placement)
    yield from _attributes(event.attributes)
    yield "</event>\n"


def _attributes(attributes: Mapping[str, Typed]) -> Iterator[str]:
    for key, value in attributes.items():
        yield _attribute(_ELEMENTS[value.type], key, value.text)


def _attribute(element: str, key: str, text: str) -> str:
    """An attribute; a character XML cannot hold becomes the replacement character."""
    value = escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text), _ESCAPED)
    return f'<{element} key="{key}" value="{value}"/>\n'
