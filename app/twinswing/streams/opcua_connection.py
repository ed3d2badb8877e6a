"""A session with an OPC UA server: settings, security, and what its errors mean."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from asyncua import ua
from asyncua.client.client import Client
from asyncua.client.ua_client import UaClientState
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from twinswing.errors import InputError
from twinswing.streams.cancellation import end_if_cancelled
from twinswing.streams.hub_settings import is_loopback
from twinswing.streams.opcua_security import application_uri, check_trusted, default_folder, own_certificate
from twinswing.streams.secrets_given import check_plain

# The library logs what we report anyway; an application that wants its words asks for them.
logging.getLogger("asyncua").addHandler(logging.NullHandler())

POLICIES = ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
MODES = {"Sign": ua.MessageSecurityMode.Sign, "SignAndEncrypt": ua.MessageSecurityMode.SignAndEncrypt}

# Status codes that trying again does not mend, and how a person reads them.
_REFUSED = {
    "BadUserAccessDenied": "the server does not accept the user name or the password",
    "BadIdentityTokenRejected": "the server does not accept the user name or the password",
    "BadIdentityTokenInvalid": "the server does not take this way of logging in",
    "BadSecurityPolicyRejected": "the server does not offer this security policy",
    "BadSecurityModeRejected": "the server does not offer this security mode",
}
_NOT_TRUSTED = {
    "BadSecurityChecksFailed", "BadCertificateUntrusted", "BadCertificateInvalid", "BadCertificateUriInvalid",
    "BadCertificateUseNotAllowed", "BadCertificateTimeInvalid", "BadCertificateHostNameInvalid",
}  # fmt: skip


@dataclass(frozen=True)
class Server:
    """Where a server is and how it lets us in.

    url: opc.tcp://host:port/path. security: none, or one of POLICIES; mode: Sign or SignAndEncrypt.
    user, password; or user_certificate, user_key: files (DER or PEM).
    trust: file or folder of the server's certificate or its authority's; empty for the user's folder.
    certificate, private_key: files of our own certificate; empty for the one in the user's folder.
    timeout_s: how long one request may take. watch_s: between two looks at whether the server still answers.
    keep_s: how long the server is asked to keep our session and its queues when the connection breaks.
    """

    name: str
    url: str
    security: str = "none"
    mode: str = "SignAndEncrypt"
    user: str = ""
    password: str = field(default="", repr=False)  # not into a trace
    user_certificate: str = ""
    user_key: str = ""
    trust: str = ""
    certificate: str = ""
    private_key: str = ""
    folder: str = ""
    insecure: bool = False
    timeout_s: float = 10.0
    watch_s: float = 5.0
    keep_s: float = 600.0

    def check(self) -> None:
        """Raise InputError where a setting cannot be used."""
        parts = urlsplit(self.url)
        try:
            good = parts.scheme == "opc.tcp" and parts.hostname and (parts.port or 4840)
        except ValueError:
            good = False
        if not good:
            raise InputError(f"source {self.name}: expected a url like opc.tcp://host:4840/path, found {self.url!r}")
        if parts.username is not None:
            raise InputError(f"source {self.name}: expected user and password as settings, found them in the url")
        if self.security != "none" and self.security not in POLICIES:
            known = ", ".join(("none", *POLICIES))
            raise InputError(f"source {self.name}: expected security {known}, found {self.security!r}")
        if self.mode not in MODES:
            raise InputError(f"source {self.name}: expected mode {', '.join(MODES)}, found {self.mode!r}")
        if self.user and self.user_certificate:
            raise InputError(f"source {self.name}: expected either a user or a user_certificate, found both")
        if bool(self.user_certificate) != bool(self.user_key) or bool(self.certificate) != bool(self.private_key):
            raise InputError(f"source {self.name}: a certificate needs its key, and a key its certificate")
        if self.security == "none":
            local = is_loopback(parts.hostname or "")
            check_plain(self.name, self.user, local, self.insecure, f"set security = {POLICIES[0]!r}")
        for file in (self.user_certificate, self.user_key, self.certificate, self.private_key, self.trust):
            if file and not Path(file).expanduser().exists():
                raise InputError(f"source {self.name}: there is no certificate or key file {file}")

    @property
    def certificate_folder(self) -> Path:
        """The folder of certificates."""
        return Path(self.folder).expanduser() if self.folder else default_folder()


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Client]:
    """Open a session; what is lost or cannot be reached is an OSError, what cannot be mended an InputError.

    Inside, too, the library's errors become ConnectionError.
    """
    client = Client(server.url, timeout=server.timeout_s, watchdog_intervall=server.watch_s)
    client.name = client.description = "Twinswing"
    client.application_uri = application_uri()
    client.product_uri = "urn:twinswing"
    client.session_timeout = int(server.keep_s * 1000)
    try:
        try:
            await _secure(client, server)
            await client.connect()
        except (UaError, OSError, TimeoutError) as error:
            end_if_cancelled()
            raise _meaning(server, error) from error
        end_if_cancelled()
        try:
            yield client
        except UaError as error:
            end_if_cancelled()
            raise ConnectionError(f"{server.url}: {_told(error)}") from error
    finally:
        await _leave(client, server)


async def _secure(client: Client, server: Server) -> None:
    if server.user:
        client.set_user(server.user)
        client.set_password(server.password)
    if server.user_certificate:
        try:
            await client.load_client_certificate(str(Path(server.user_certificate).expanduser()))
            await client.load_private_key(Path(server.user_key).expanduser())
        except (ValueError, TypeError) as error:
            raise InputError(f"source {server.name}: cannot read {server.user_certificate}: {error}") from None
    if server.security == "none":
        return
    folder = server.certificate_folder
    if server.certificate:
        certificate, key = Path(server.certificate).expanduser(), Path(server.private_key).expanduser()
    else:
        certificate, key = await asyncio.to_thread(own_certificate, folder)
    policy = getattr(security_policies, f"SecurityPolicy{server.security}")
    der = await _shown_certificate(client, server, policy.URI)
    trust = Path(server.trust).expanduser() if server.trust else None
    await asyncio.to_thread(check_trusted, server.name, server.url, der, trust, folder)
    try:
        # The session is only opened when the server shows this same certificate again and proves to have its key.
        await client.set_security(
            policy, certificate, key, server_certificate=CertProperties(der, "der"), mode=MODES[server.mode]
        )
    except (ValueError, TypeError) as error:
        raise InputError(f"source {server.name}: cannot use the certificate {certificate}: {error}") from None


async def _shown_certificate(client: Client, server: Server, policy_uri: str) -> bytes:
    """Return the certificate that the server shows for the wanted security; InputError where it does not offer it."""
    endpoints = await client.connect_and_get_server_endpoints()
    offered = set()
    for endpoint in endpoints:
        policy = (endpoint.SecurityPolicyUri or "").rpartition("#")[2]
        offered.add(f"{policy} {endpoint.SecurityMode.name.rstrip('_')}")
        if endpoint.SecurityPolicyUri == policy_uri and endpoint.SecurityMode == MODES[server.mode]:
            return first_certificate(bytes(endpoint.ServerCertificate or b""))
    raise InputError(
        f"source {server.name}: expected {server.url} to offer {server.security} {server.mode}, "
        f"it offers {', '.join(sorted(offered)) or 'nothing'}"
    )


def first_certificate(chain: bytes) -> bytes:
    """Return the first certificate (DER) of a chain: a sequence with a length of two bytes."""
    if len(chain) > 4 and chain[0] == 0x30 and chain[1] == 0x82:
        return chain[: int.from_bytes(chain[2:4], "big") + 4]
    return chain


async def _leave(client: Client, server: Server) -> None:
    """Close what still stands; a server that is gone or stalled is not waited for, and its session is left to it."""
    if client.uaclient.state is not UaClientState.CONNECTED and client.uaclient.protocol is not None:
        # Nothing may be sent any more: a goodbye that a stalled server reads later would delete what it keeps for us.
        client.uaclient.protocol.disconnect_socket()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(min(server.timeout_s, 1.0)):
            await client.disconnect()  # ends the library's own tasks as well
    client.disconnect_socket()


def _meaning(server: Server, error: Exception) -> Exception:
    told = _told(error)
    if told in _REFUSED:
        return InputError(f"source {server.name}: {_REFUSED[told]} ({server.url})")
    if told in _NOT_TRUSTED and server.security != "none":
        file = server.certificate or server.certificate_folder / "own.der"
        return InputError(
            f"source {server.name}: {server.url} does not trust this program ({told}): have it accept {file}"
        )
    if isinstance(error, TimeoutError):
        return TimeoutError(f"{server.url} does not answer within {server.timeout_s:g} s")
    return ConnectionError(f"{server.url}: {told}")


def _told(error: Exception) -> str:
    if isinstance(error, UaStatusCodeError):
        return ua.StatusCode(ua.UInt32(error.code)).name
    return str(error).strip() or type(error).__name__
