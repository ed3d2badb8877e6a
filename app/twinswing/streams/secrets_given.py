"""Passwords, which do not belong into a plant's file: the file goes into every recording."""

import os
from pathlib import Path

from twinswing.errors import InputError


def secret(name: str, password: str, password_env: str, password_file: str) -> str:
    """Return the one password that is given: itself, by an environment variable's name, or in a file's first line.

    Raises InputError where two are given, or where the named one is missing.
    """
    if sum(bool(given) for given in (password, password_env, password_file)) > 1:
        raise InputError(f"source {name}: expected one of password, password_env, password_file, found several")
    if password_env:
        try:
            return os.environ[password_env]
        except KeyError:
            raise InputError(
                f"source {name}: expected a password in the environment variable {password_env}, which is not set"
            ) from None
    if password_file:
        try:
            return Path(password_file).expanduser().read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"source {name}: cannot read the password file {password_file}: {error}") from None
    return password


def check_plain(name: str, user: str, host_is_local: bool, insecure: bool, remedy: str) -> None:
    """Refuse to send a password through a network in the clear, unless that is wanted. Raises InputError."""
    if user and not host_is_local and not insecure:
        raise InputError(
            f"source {name}: the password of {user} would cross the network unencrypted: "
            f"{remedy}, or say insecure = true if the network is trusted"
        )
