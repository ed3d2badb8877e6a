"""XML from a network, read without what a hostile peer could blow up: no DOCTYPE, no entities, no endless nesting."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat  # read by hand below, so that declarations can be refused as they appear

from twinswing.errors import InputError

# The deepest MTConnect document seen nests 15 levels; a document of a whole shop of machines is some megabytes.
MAX_DEPTH = 64
MAX_BYTES = 64 << 20


@dataclass(slots=True)
class Node:
    """An element: its name without the namespace, its attributes without prefixes, its own text and its children."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute."""
        return self.attributes.get(name, default)

    def child(self, tag: str) -> "Node | None":
        """Return the first child of a name."""
        return next((child for child in self.children if child.tag == tag), None)

    def walk(self) -> Iterator["Node"]:
        """Yield this element and all below it, in the document's order."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse_xml(data: bytes, what: str, max_bytes: int = MAX_BYTES) -> Node:
    """Return a document's root; raises InputError that names `what` where it is not well formed or not harmless."""
    if len(data) > max_bytes:
        raise InputError(f"{what}: expected a document of at most {max_bytes >> 20} MiB, found {len(data) >> 20} MiB")
    reader = _Reader(what)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.refuse("a DOCTYPE")
    parser.EntityDeclHandler = reader.refuse("an entity declaration")
    parser.ExternalEntityRefHandler = reader.refuse("an external entity")
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}, column {error.offset}"
        raise InputError(f"{what}: expected well-formed XML, found {expat.ErrorString(error.code)} ({where})") from None
    except (ValueError, LookupError) as error:  # an encoding that is unknown
        raise InputError(f"{what}: expected well-formed XML, found {error}") from None
    if reader.root is None:
        raise InputError(f"{what}: expected an XML document, found nothing")
    return reader.root


class _Reader:
    def __init__(self, what: str) -> None:
        self._what = what
        self._open: list[Node] = []
        self.root: Node | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        node = Node(_local(tag), {_local(name): value for name, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        if len(self._open) > MAX_DEPTH:
            raise InputError(f"{self._what}: expected at most {MAX_DEPTH} levels of elements, found more")

    def end(self, _: str) -> None:
        node = self._open.pop()
        node.text = node.text.strip()

    def characters(self, text: str) -> None:
        self._open[-1].text += text

    def refuse(self, what: str) -> Callable[..., int]:
        def handler(*_: object) -> int:
            raise InputError(f"{self._what}: expected XML without declarations, found {what}")

        return handler


def _local(name: str) -> str:
    return name.rpartition("}")[2]
