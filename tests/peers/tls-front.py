#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS terminator for test peers that speak only plain HTTP.

usage: tls-front.py HOST:PORT HOST:PORT CERT KEY [CA]   (listen, target)

With CA, a client shows a certificate of it or is not served.

Copies bytes both ways and adds nothing: a peer must be told its https URL
in its own configuration.
"""
import asyncio
import signal
import ssl
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


async def main(listen, target, cert, key, ca=None):
    host, port = listen.rsplit(":", 1)
    thost, tport = target.rsplit(":", 1)
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(cert, key)
    if ca:
        ctx.load_verify_locations(ca)
        ctx.verify_mode = ssl.CERT_REQUIRED

    async def client(reader, writer):
        try:
            up = await asyncio.open_connection(thost, int(tport))
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, up[1]), copy(up[0], writer))

    server = await asyncio.start_server(client, host, int(port), ssl=ctx)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        await stop.wait()


if len(sys.argv) not in (5, 6):
    sys.exit(__doc__)
asyncio.run(main(*sys.argv[1:]))
