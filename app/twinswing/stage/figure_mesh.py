"""The whole figure as one mesh."""

from twinswing.stage.appearance import Appearance
from twinswing.stage.figure_body import arms, shirt
from twinswing.stage.figure_hand import hands
from twinswing.stage.figure_head import head
from twinswing.stage.figure_legs import belt, legs, trousers
from twinswing.stage.figure_rest import Rest
from twinswing.stage.figure_shoe import shoes
from twinswing.stage.mesh import Mesh, merge


def figure_mesh(rest: Rest, look: Appearance) -> Mesh:
    """Return a golfer's mesh at rest, rigged."""
    parts = [shirt(rest, look), trousers(rest, look), belt(rest, look), legs(rest, look), arms(rest, look)]
    return merge([*parts, hands(rest, look), shoes(rest, look), head(rest, look)])
