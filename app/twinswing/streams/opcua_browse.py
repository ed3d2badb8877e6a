"""What a server has to offer, for whoever writes a plant's file."""

from collections import deque
from dataclasses import dataclass

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds

from twinswing.streams.opcua_connection import Server, connected
from twinswing.streams.opcua_subscription import PIECE
from twinswing.streams.opcua_values import Unshown, address_text, standard, value_of

# A machine has thousands of variables, a gateway tens of thousands; more would not be read by a person.
MOST = 50_000
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class BrowsedItem:
    """A variable: its address for a plant's file, its names from the Objects folder down, and its present value."""

    address: str
    path: str
    value: float | str | None


async def browse(server: Server, most: int = MOST) -> list[BrowsedItem]:
    """Return the variables below the Objects folder, without the server's own; raises InputError and OSError."""
    async with connected(server) as client:
        namespaces = await client.get_namespace_array()
        found: list[tuple[ua.NodeId, str]] = []
        seen: set[ua.NodeId] = set()
        waiting = deque([(standard(ObjectIds.ObjectsFolder), "", 0)])
        while waiting and len(found) < most:
            node, path, depth = waiting.popleft()
            for reference in await client.get_node(node).get_references(
                ObjectIds.HierarchicalReferences, ua.BrowseDirection.Forward
            ):
                child = reference.NodeId
                if child in seen or child == standard(ObjectIds.Server):
                    continue
                seen.add(child)
                name = f"{path}/{reference.BrowseName.Name}" if path else str(reference.BrowseName.Name)
                if reference.NodeClass == ua.NodeClass.Variable:
                    found.append((child, name))
                if depth < DEEPEST and reference.NodeClass in {ua.NodeClass.Object, ua.NodeClass.Variable}:
                    waiting.append((child, name, depth + 1))
        out: list[BrowsedItem] = []
        for start in range(0, min(len(found), most), PIECE):
            piece = found[start : start + PIECE]
            read = await client.uaclient.read_attributes([node for node, _ in piece], AttributeIds.Value)
            for (node, path), data in zip(piece, read, strict=True):
                try:
                    value = value_of(data.Value.Value if data.Value is not None else None)
                except Unshown:
                    continue
                out.append(BrowsedItem(address_text(node, namespaces), path, value))
        return out
