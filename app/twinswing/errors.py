"""What can go wrong, as a user meets it.

TwinswingError
├── InputError          exit 3: a file, stream or setting cannot be used
└── MissingPartError    exit 4: the machine lacks a part (driver, headset, camera, model, library)

Messages are one sentence that says what was expected, what was found and where; a MissingPartError also says
how to install the part. A wrong command line is argparse's own exit 2.
"""


class TwinswingError(Exception):
    """Base of every error that a user may see; `exit_status` is what the command line answers with."""

    exit_status = 1


class InputError(TwinswingError):
    """A file, stream or setting cannot be used."""

    exit_status = 3


class MissingPartError(TwinswingError):
    """The machine lacks a part; the message says which and how to install it."""

    exit_status = 4
