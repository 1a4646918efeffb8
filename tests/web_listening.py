"""Applications that listen at a port of this machine, in the loop of the test."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from unittest import mock

import uvicorn
import uvicorn.server


class _Server(uvicorn.Server):
    def capture_signals(self):
        return contextlib.nullcontext()


class _Hasty:
    """What uvicorn's server takes for asyncio: it looks every 5 ms, not every 0.1 s, whether it should end."""

    def __getattr__(self, name):
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds):
        await asyncio.sleep(seconds / 20)


@contextlib.asynccontextmanager
async def listening(app):
    """Serve an application; yields its address, without a slash at the end."""
    # Of a socket that does not say TCP, asyncio does not set NODELAY, and each answer waits 40 ms.
    with mock.patch.object(uvicorn.server, "asyncio", _Hasty()), socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1, lifespan="on"
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                await asyncio.sleep(0.005)
                assert not task.done(), task.result()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
