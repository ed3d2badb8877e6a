"""A real OPC UA server for tests, with a machine tool's states as OPC UA 40501-1 names them, on a thread of its own."""

import asyncio
import contextlib
import threading
from datetime import UTC, datetime
from pathlib import Path

from asyncua import Server, ua
from asyncua.crypto import cert_gen
from asyncua.crypto.permission_rules import User, UserRole
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

TOOL = "http://example.org/MachineTool/"
FILLER = "http://example.org/Filler/"
MODES = ("None", "Setup", "Processing", "Maintenance")


def at(name: str) -> str:
    return f"nsu={TOOL};s={name}"


class Users:
    def get_user(self, iserver, username=None, password=None, certificate=None):
        return User(role=UserRole.User) if (username, password) == ("plant", "right") else None


class MachineTool:
    """The server; `call` runs a coroutine on its loop. The namespace's index shifts with `fillers`."""

    def __init__(
        self, port: int, folder: Path | None = None, secure: bool = False, users: bool = False, fillers: int = 0
    ) -> None:
        self.port, self.folder, self.secure, self.users, self.fillers = port, folder, secure, users, fillers
        self.nodes: dict = {}

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}/tool"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.der"

    def start(self, history: tuple[str, ...] = ()) -> "MachineTool":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.call(self._begin(history), 30.0)
        return self

    def call(self, coroutine, timeout_s: float = 20.0):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout_s)

    def write(self, name: str, value, **more) -> None:
        self.call(self.set(name, value, **more))

    async def set(self, name: str, value, status: int = 0, when: datetime | None = None) -> None:
        kind = self.kinds[name]
        variant = ua.Variant(value, kind) if kind else ua.Variant(value)
        when = when or datetime.now(UTC)
        data = ua.DataValue(variant, ua.StatusCode(ua.UInt32(status)), SourceTimestamp=when, ServerTimestamp=when)
        await self.server.write_attribute_value(self.nodes[name].nodeid, data)

    def stop(self) -> None:
        with contextlib.suppress(TimeoutError):
            self.call(self.server.stop(), 10.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def stall(self) -> threading.Event:
        """Block the server's loop: it neither answers nor hangs up, until the event is set."""
        go = threading.Event()
        self._loop.call_soon_threadsafe(go.wait)
        return go

    def cut(self) -> None:
        """Break every connection, and leave sessions and subscriptions as they are."""

        async def cut() -> None:
            for client in list(self.server.bserver.clients):
                client.transport.abort()

        self.call(cut())

    async def _begin(self, history: tuple[str, ...]) -> None:
        server = self.server = Server(user_manager=Users() if self.users else None)
        await server.init()
        server.set_endpoint(self.url)
        if self.secure:
            self._certify()
            await server.set_application_uri("urn:example.org:tool")
            await server.load_certificate(str(self.certificate))
            await server.load_private_key(str(self.folder / "server.pem"))
            server.set_security_policy(
                [
                    ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
                    ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
                    ua.SecurityPolicyType.Aes128Sha256RsaOaep_Sign,
                ]
            )
        else:
            server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        if self.users:
            server.set_identity_tokens([ua.UserNameIdentityToken])
        for number in range(self.fillers):
            await server.register_namespace(f"{FILLER}{number}")
        self.index = await server.register_namespace(TOOL)
        await self._machine()
        await server.start()
        for name in history:
            await server.historize_node_data_change(self.nodes[name], period=None, count=10_000)

    def _certify(self) -> None:
        if self.certificate.exists():
            return
        key = cert_gen.generate_private_key()
        names = [x509.UniformResourceIdentifier("urn:example.org:tool"), x509.DNSName("localhost")]
        made = cert_gen.generate_self_signed_app_certificate(key, "tool", {}, names, [ExtendedKeyUsageOID.SERVER_AUTH])
        self.certificate.write_bytes(made.public_bytes(Encoding.DER))
        (self.folder / "server.pem").write_bytes(cert_gen.dump_private_key_as_pem(key))

    async def _machine(self) -> None:
        index = self.index
        self.kinds: dict = {}
        tool = await self.server.nodes.objects.add_object(ua.NodeId("Tool", index), f"{index}:Tool")
        mode = await self.server.nodes.enum_data_type.add_data_type(
            ua.NodeId("MachineOperationMode", index), f"{index}:MachineOperationMode"
        )
        texts = [ua.LocalizedText(text) for text in MODES]
        await mode.add_property(0, "EnumStrings", texts)

        async def add(parent, path: str, value, kind=None, datatype=None):
            name = path.rpartition(".")[2]
            node = await parent.add_variable(
                ua.NodeId(path, index), f"{index}:{name}", value, varianttype=kind, datatype=datatype
            )
            self.nodes[path], self.kinds[path] = node, kind
            return node

        text, number = ua.VariantType.LocalizedText, ua.VariantType.Double
        production = await tool.add_object(ua.NodeId("Production", index), f"{index}:Production")
        program = await production.add_object(ua.NodeId("ActiveProgram", index), f"{index}:ActiveProgram")
        monitoring = await tool.add_object(ua.NodeId("Monitoring", index), f"{index}:Monitoring")
        tools = await tool.add_object(ua.NodeId("ToolList", index), f"{index}:ToolList")
        await add(program, "Program.State", ua.LocalizedText("Initializing"), text)
        await add(program, "Program.Name", "O1001", ua.VariantType.String)
        await add(production, "ItemState", ua.LocalizedText("NotExecuting"), text)
        await add(monitoring, "OperationMode", 1, ua.VariantType.Int32, mode.nodeid)
        await add(monitoring, "Spindle.Override", 100.0, number)
        await add(monitoring, "Channel.FeedOverride", 100.0, number)
        await add(monitoring, "PowerOn", True, ua.VariantType.Boolean)
        await add(monitoring, "Count", 0, ua.VariantType.UInt32)
        await add(tools, "T1.Life", 42, ua.VariantType.UInt16)
        await add(tools, "Array", [1.0, 2.0], number)
