"""What a golfer's club order means to a plant: which of its products, how many, and in words what and for whom."""

import math
from dataclasses import replace

from twinswing.club.order_file import ClubOrder, OrderedClub, quoted
from twinswing.errors import InputError
from twinswing.plant.model import Plant, WorkOrder


def with_order(plant: Plant, order: ClubOrder) -> Plant:
    """Return the plant with an order's clubs to be made; raises InputError where it makes no such club."""
    taken = {given.name for given in plant.work_orders}
    made = []
    for club in order.clubs:
        # One club keeps the order's own name; several are told apart by their kind.
        name = order.name if len(order.clubs) == 1 else f"{order.name}/{club.spec.kind}"
        if name in taken:
            raise InputError(f"the order {name} was given twice")
        made.append(WorkOrder(name, _product(plant, club), club.pieces, _about(order, club)))
    # A recording keeps the plant's text, so that whoever replays it knows what was made for whom.
    text = plant.text and plant.text.rstrip("\n") + "\n" + "".join(map(_table, made))
    return replace(plant, work_orders=(*plant.work_orders, *made), text=text)


def _table(given: WorkOrder) -> str:
    return (
        f"\n[[work_orders]]\nname = {quoted(given.name)}\nproduct = {quoted(given.product)}\n"
        f"pieces = {given.pieces}\nabout = {quoted(given.about)}\n"
    )


def _product(plant: Plant, club: OrderedClub) -> str:
    """Return the plant's product for a club: of its kind, alone or as a set, with a sensor where one is wanted."""
    products = [route.product for route in plant.routes]
    kind = club.spec.kind
    prefix = "sensor_" if club.sensor else ""
    for name in (f"{prefix}{kind}", f"{prefix}{kind}_set"):
        if name in products:
            return name
    what = f"a {kind}{' with a sensor' if club.sensor else ''}"
    raise InputError(f"{plant.name} makes {', '.join(products) or 'nothing'}; the order asks for {what}")


def _about(order: ClubOrder, club: OrderedClub) -> str:
    spec = club.spec
    parts = [
        f"{spec.name} for {order.golfer}",
        f"{spec.length_m * 100.0:.1f} cm",
        f"lie {math.degrees(spec.lie_rad):.1f}°",
        f"loft {math.degrees(spec.loft_rad):.1f}°",
        club.flex,
        f"{club.grip} grip" if club.grip else "",
        "with sensor" if club.sensor else "",
        f"{order.handed}-handed",
    ]
    return ", ".join(part for part in parts if part)
