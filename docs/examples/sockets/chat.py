"""A chat that answers each message, and a feed of ticks. It knows nothing of releases."""

import asyncio
import os

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

TICK_S = 0.2


async def health(_request):
    return PlainTextResponse("up")


async def room(request):
    return JSONResponse({"room": request.path_params["id"]})


async def chat(socket):
    await socket.accept()
    try:
        while True:
            message = await socket.receive_json()
            await socket.send_json({"n": message["n"], "heard": message["said"]})
    except WebSocketDisconnect:
        pass


async def feed(socket):
    await socket.accept()
    tick = int(socket.query_params.get("after", 0))
    try:
        while True:
            tick += 1
            await socket.send_text(f"tick {tick}")
            await asyncio.sleep(TICK_S)
    except WebSocketDisconnect:
        pass


app = Starlette(
    routes=[
        Route("/healthz", health),
        Route("/rooms/{id}", room),
        WebSocketRoute("/chat/{id}", chat),
        WebSocketRoute("/feed/{id}", feed),
    ]
)

# At SIGTERM uvicorn closes every WebSocket with 1012, service restart: its clients are to come again.
uvicorn.run(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), ws="wsproto", log_level="warning")
