"""The words that a server has for the numbers of enumerations and two-state variables."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from twinswing.streams.opcua_subscription import PIECE
from twinswing.streams.opcua_values import standard

# Properties by which a variable, or its data type, names its numbers (OPC 10000-3, 5.8.3; OPC 10000-8, 5.3.3).
_PROPERTIES = ("EnumStrings", "EnumValues", "TrueState", "FalseState")
# Below this, types of namespace 0 are the built-in ones, which have no names (OPC 10000-6, 5.1.2).
_BUILT_IN = 29


async def names_of(client: Client, nodes: Mapping[int, ua.NodeId]) -> dict[int, dict[int, str]]:
    """Return the names of the numbers of each node that has some, by handle."""
    handles = list(nodes)
    kinds: dict[int, ua.NodeId] = {}
    for start in range(0, len(handles), PIECE):
        piece = handles[start : start + PIECE]
        read = await client.uaclient.read_attributes([nodes[handle] for handle in piece], AttributeIds.DataType)
        for handle, data in zip(piece, read, strict=True):
            kind = data.Value.Value if data.Value is not None else None
            if isinstance(kind, ua.NodeId):
                kinds[handle] = kind
    types = {kind for kind in kinds.values() if kind.NamespaceIndex or not isinstance(kind.Identifier, int)
             or kind.Identifier > _BUILT_IN or kind.Identifier == ObjectIds.Enumeration}  # fmt: skip
    of_node = await _read(client, [*nodes.values(), *types])
    out: dict[int, dict[int, str]] = {}
    for handle, node in nodes.items():
        found = of_node.get(node) or (of_node.get(kinds[handle]) if handle in kinds else None)
        if found:
            out[handle] = found
    return out


async def _read(client: Client, owners: Sequence[ua.NodeId]) -> dict[ua.NodeId, dict[int, str]]:
    """Return the names that each of the nodes has in its properties."""
    asked = [(owner, name) for owner in owners for name in _PROPERTIES]
    found: list[tuple[ua.NodeId, str, ua.NodeId]] = []
    for start in range(0, len(asked), PIECE):
        piece = asked[start : start + PIECE]
        results = await client.uaclient.translate_browsepaths_to_nodeids([_path(*pair) for pair in piece])
        for (owner, name), result in zip(piece, results, strict=True):
            if result.StatusCode.is_good() and result.Targets:
                found.append((owner, name, result.Targets[0].TargetId))
    out: dict[ua.NodeId, dict[int, str]] = {}
    for start in range(0, len(found), PIECE):
        part = found[start : start + PIECE]
        read = await client.uaclient.read_attributes([at for _, _, at in part], AttributeIds.Value)
        for (owner, name, _), data in zip(part, read, strict=True):
            out.setdefault(owner, {}).update(_names(name, data.Value.Value if data.Value is not None else None))
    return out


def _names(name: str, held: Any) -> dict[int, str]:
    if name in {"TrueState", "FalseState"}:
        return {int(name == "TrueState"): held.Text} if isinstance(held, ua.LocalizedText) and held.Text else {}
    if not isinstance(held, list):
        return {}
    if name == "EnumStrings":
        texts = [text.Text if isinstance(text, ua.LocalizedText) else text for text in held]
        return {number: str(text) for number, text in enumerate(texts) if text}
    return {int(value.Value): value.DisplayName.Text for value in held if isinstance(value, ua.EnumValueType)}


def _path(owner: ua.NodeId, name: str) -> ua.BrowsePath:
    element = ua.RelativePathElement(standard(ObjectIds.HasProperty), TargetName=ua.QualifiedName(name, 0))
    element.IsInverse, element.IncludeSubtypes = cast(Any, False), cast(Any, True)  # the library's stand-in for bool
    return ua.BrowsePath(StartingNode=owner, RelativePath=ua.RelativePath(Elements=[element]))
