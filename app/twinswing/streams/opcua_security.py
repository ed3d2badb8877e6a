"""Who we are to an OPC UA server, and which servers we trust.

Certificates lie in the user's folder: `own.der` and `own.pem` (the key) are made when first needed, servers' lie in
`trusted/`; one that is not known is refused and put into `rejected/`, for a person to look at and to move over.
"""

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from asyncua.crypto import cert_gen
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from twinswing.errors import InputError
from twinswing.platform import settings_dir

# A server's operator has to accept ours by hand: not oftener than they change the machine.
_DAYS = 3650


def default_folder() -> Path:
    """Return the per-user folder of certificates."""
    return settings_dir() / "opcua"


def application_uri() -> str:
    """Return the URI under which we are known to servers, which is in our certificate too."""
    return f"urn:{socket.gethostname()}:twinswing"


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """Return the files of our certificate (DER) and key (PEM), made if they are not there, are not ours or ran out."""
    certificate_file, key_file = folder / "own.der", folder / "own.pem"
    try:
        held = x509.load_der_x509_certificate(certificate_file.read_bytes())
        names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        if key_file.is_file() and application_uri() in uris and held.not_valid_after_utc > datetime.now(UTC):
            return certificate_file, key_file
    except FileNotFoundError:
        pass  # the first time
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise InputError(
            f"cannot use the certificate {certificate_file} ({error}): delete it and it is made anew"
        ) from None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = cert_gen.generate_private_key()
    certificate = cert_gen.generate_self_signed_app_certificate(
        key,
        f"Twinswing at {socket.gethostname()}",
        {},
        [x509.UniformResourceIdentifier(application_uri()), x509.DNSName(socket.gethostname())],
        [ExtendedKeyUsageOID.CLIENT_AUTH],
        days=_DAYS,
    )
    _write_secret(key_file, cert_gen.dump_private_key_as_pem(key))
    certificate_file.write_bytes(certificate.public_bytes(Encoding.DER))
    return certificate_file, key_file


def _write_secret(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)


def check_trusted(name: str, url: str, der: bytes, trust: Path | None, folder: Path) -> None:
    """Raise InputError unless a server's certificate is one of those trusted, or signed by one.

    trust: a file or a folder of certificates (PEM or DER); None for `trusted/` in the user's folder.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        raise InputError(f"source {name}: the server {url} shows a certificate that cannot be read") from None
    place = trust or folder / "trusted"
    known = _certificates(name, place)
    if any(certificate == other for other in known):
        return  # a person has looked at this very one
    thumb = certificate.fingerprint(hashes.SHA256()).hex()
    if any(_signed_by(certificate, other) for other in known):
        if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
            raise InputError(
                f"source {name}: the certificate of {url} is out of date: it holds from "
                f"{certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"
            )
        return
    rejected = folder / "rejected" / f"{thumb[:16]}.der"
    rejected.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    rejected.write_bytes(der)
    raise InputError(
        f"source {name}: the certificate of {url} ({certificate.subject.rfc4514_string()}, SHA-256 {thumb}) "
        f"is not known: if it is the server's own, copy {rejected} to {place}"
    )


def _certificates(name: str, place: Path) -> list[x509.Certificate]:
    if place.is_dir():
        files = sorted(file for file in place.iterdir() if file.suffix in {".der", ".pem", ".crt", ".cer"})
    elif place.is_file():
        files = [place]
    else:
        files = []
    out = []
    for file in files:
        content = file.read_bytes()
        try:
            if b"-----BEGIN CERTIFICATE" in content:
                out += x509.load_pem_x509_certificates(content)
            else:
                out.append(x509.load_der_x509_certificate(content))
        except ValueError:
            raise InputError(f"source {name}: expected a certificate (PEM or DER) in {file}") from None
    return out


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        if not authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return True
