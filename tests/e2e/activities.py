"""A worker in Python, as a user writes one: activities.py ADDRESS QUEUE. Prints `ready`; ends on SIGTERM."""

import asyncio
import sys

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker


@activity.defn
async def reserve(sku: str, count: int) -> dict:
    if count > 10:
        raise ApplicationError("not enough in stock", {"left": 10}, type="NoStock")
    return {"sku": sku, "count": count, "key": activity.info().activity_id}


@activity.defn
async def flaky(name: str) -> int:
    """Works at the second call of a name."""
    calls[name] = calls.get(name, 0) + 1
    if calls[name] == 1:
        raise ApplicationError("not yet", type="Busy")
    return calls[name]


@activity.defn
async def endless() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(0.2)


calls = {}


async def main(address, queue):
    client = await Client.connect(address)
    async with Worker(client, task_queue=queue, activities=[reserve, flaky, endless]):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
