"""One OPC UA subscription that outlives the connection it was made on, where the server keeps it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.uaerrors import UaError

from twinswing.streams.cancellation import end_if_cancelled

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())

# Requests for many items are cut into pieces of this many: small controllers refuse larger ones.
PIECE = 200


@dataclass(frozen=True)
class Pace:
    """How often a server looks and tells. Seconds; queue: values of one item that it keeps between two tellings."""

    publishing_s: float = 0.5
    sampling_s: float = 0.1
    queue: int = 1000
    keepalive_s: float = 3.0
    keep_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Notice:
    """What a server told at once: data of items by their handles, in its order; how many tellings were lost before."""

    data: tuple[tuple[int, ua.DataValue], ...] = ()
    lost: int = 0


class Subscription:
    """Data changes of nodes. `resume` or `create` on each new connection, then `next` for ever."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._id: int | None = None
        self._sequence = 0  # of the last notification that was taken
        self._inbox: asyncio.Queue[ua.PublishResult | Exception] = asyncio.Queue()
        self._client: Client | None = None
        self.keepalive_s = pace.keepalive_s
        self.shallow = 0  # the smallest queue that the server granted, where it is too small for the pace

    async def resume(self, client: Client) -> bool:
        """Take over the subscription from the connection before, with all that was queued; False where it is gone."""
        self._attach(client)
        if self._id is None:
            return False
        session = client.uaclient.session
        wanted = ua.TransferSubscriptionsParameters(SubscriptionIds=[ua.UInt32(self._id)], SendInitialValues=False)
        try:
            result = (await session.transfer_subscriptions(wanted))[0]
            result.StatusCode.check()
            missed = sorted(int(number) for number in result.AvailableSequenceNumbers or ())
            for number in missed:
                if number > self._sequence:
                    message = await session.republish(self._id, number)
                    self._inbox.put_nowait(ua.PublishResult(ua.UInt32(self._id), NotificationMessage=message))
        except (UaError, IndexError) as error:
            _LOG.info("the subscription is made anew: %r", error)
            self._id = None
            return False
        # The library registers who listens only when it creates a subscription; its own transfer does as we do here.
        session._subscription_callbacks[self._id] = self._inbox.put_nowait
        session.ensure_publish_loop()
        return True

    async def create(self, client: Client, nodes: Mapping[int, ua.NodeId]) -> dict[int, ua.StatusCode]:
        """Subscribe to nodes, by handle; returns the handles that the server refuses, with its reason."""
        self._attach(client)
        pace = self._pace
        params = ua.CreateSubscriptionParameters()
        params.RequestedPublishingInterval = pace.publishing_s * 1000.0
        params.RequestedMaxKeepAliveCount = ua.UInt32(max(1, round(pace.keepalive_s / pace.publishing_s)))
        lifetime = max(3 * int(params.RequestedMaxKeepAliveCount), round(pace.keep_s / pace.publishing_s))
        params.RequestedLifetimeCount = ua.UInt32(lifetime)
        params.MaxNotificationsPerPublish = ua.UInt32(0)
        params.PublishingEnabled = True
        session = client.uaclient.session
        made = await session.create_subscription(params, self._inbox.put_nowait)
        self._id, self._sequence = int(made.SubscriptionId), 0
        self.keepalive_s = made.RevisedPublishingInterval / 1000.0 * int(made.RevisedMaxKeepAliveCount)
        refused: dict[int, ua.StatusCode] = {}
        handles = list(nodes)
        smallest = pace.queue
        for start in range(0, len(handles), PIECE):
            piece = handles[start : start + PIECE]
            wanted = ua.CreateMonitoredItemsParameters()
            wanted.SubscriptionId = made.SubscriptionId
            wanted.TimestampsToReturn = ua.TimestampsToReturn.Both
            wanted.ItemsToCreate = [self._monitored(handle, nodes[handle]) for handle in piece]
            for handle, result in zip(piece, await session.create_monitored_items(wanted), strict=True):
                if result.StatusCode.is_good():
                    smallest = min(smallest, int(result.RevisedQueueSize))
                else:
                    refused[handle] = result.StatusCode
        needed = made.RevisedPublishingInterval / 1000.0 / pace.sampling_s if pace.sampling_s > 0 else 1.0
        self.shallow = smallest if smallest < min(needed, pace.queue) else 0
        return refused

    async def next(self, patience_s: float) -> Notice:
        """Return the next notice, an empty one for a keep-alive. Raises OSError when the server is gone or silent."""
        end_if_cancelled()
        try:
            async with asyncio.timeout(patience_s):
                result = await self._inbox.get()
        except TimeoutError:
            raise TimeoutError(f"no keep-alive of the subscription for {patience_s:.3g} s") from None
        if isinstance(result, Exception):
            raise result
        return await self._notice(result)

    # ---------------------------------------------------------------------------------------------------------- inside
    def _attach(self, client: Client) -> None:
        self._client = client
        self._inbox = asyncio.Queue()
        inbox = self._inbox

        async def gone(error: Exception) -> None:
            inbox.put_nowait(ConnectionError(f"the connection broke ({str(error) or type(error).__name__})"))

        client.connection_lost_callback = gone

    def _monitored(self, handle: int, node: ua.NodeId) -> ua.MonitoredItemCreateRequest:
        request = ua.MonitoredItemCreateRequest()
        request.ItemToMonitor = ua.ReadValueId(NodeId=node, AttributeId=AttributeIds.Value)
        request.MonitoringMode = ua.MonitoringMode.Reporting
        request.RequestedParameters = ua.MonitoringParameters(
            ClientHandle=ua.UInt32(handle),
            SamplingInterval=self._pace.sampling_s * 1000.0,
            QueueSize=ua.UInt32(self._pace.queue),
            DiscardOldest=True,
        )
        return request

    async def _notice(self, result: ua.PublishResult) -> Notice:
        message = result.NotificationMessage
        parts: Sequence[object] = message.NotificationData or ()
        if not parts:
            return Notice()
        number = int(message.SequenceNumber)
        if number <= self._sequence and self._sequence - number < 1 << 31:
            return Notice()  # told twice
        before: list[tuple[int, ua.DataValue]] = []
        lost = 0
        if self._sequence and number > self._sequence + 1:
            before, lost = await self._missing(range(self._sequence + 1, number))
        self._sequence = number
        return Notice((*before, *self._data(parts)), lost)

    async def _missing(self, numbers: range) -> tuple[list[tuple[int, ua.DataValue]], int]:
        """Ask again for tellings that did not arrive; returns their data, and how many the server no longer has."""
        assert self._client is not None
        assert self._id is not None
        found: list[tuple[int, ua.DataValue]] = []
        lost = 0
        for number in numbers[-PIECE:]:
            try:
                message = await self._client.uaclient.session.republish(self._id, number)
            except UaError:
                lost += 1
                continue
            data = self._data(message.NotificationData or ())
            found += data
            lost += not data
        return found, lost + max(0, len(numbers) - PIECE)

    @staticmethod
    def _data(parts: Sequence[object]) -> list[tuple[int, ua.DataValue]]:
        out: list[tuple[int, ua.DataValue]] = []
        for part in parts:
            if isinstance(part, ua.DataChangeNotification):
                out += [(int(item.ClientHandle), item.Value) for item in part.MonitoredItems or ()]
            elif isinstance(part, ua.StatusChangeNotification):
                raise ConnectionError(f"the server ends the subscription ({part.Status.name})")
        return out
