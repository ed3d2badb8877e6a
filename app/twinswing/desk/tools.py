"""Which tools every window carries, and in which order they are asked."""

import getpass

from twinswing.desk.angles import Angles
from twinswing.desk.annotate import Annotate
from twinswing.desk.base import BaseDesk
from twinswing.desk.coaching import Coach
from twinswing.desk.open_review import OpenReview
from twinswing.desk.voice import Voice
from twinswing.desk.window import Desk


def carry_tools(desk: BaseDesk, *, author: str = "") -> OpenReview:
    """Give a window its tools; return the annotations that they share.

    author: in whose name is annotated; by default whoever is logged in.
    """
    review = OpenReview(author or getpass.getuser())
    desk.add(review)
    desk.add(Annotate(review))
    desk.add(Coach())
    if isinstance(desk, Desk):
        desk.add(Angles())
    desk.add(Voice())
    return review
