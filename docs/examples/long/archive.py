"""An archive whose answers take their time. It knows nothing of releases."""

import asyncio
import os

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

TAKES_S = 12.0


async def health(_request):
    return PlainTextResponse("up")


async def title(request):
    return JSONResponse({"title": request.path_params["id"]})


async def report(request):
    await asyncio.sleep(TAKES_S)
    return JSONResponse({"report": request.path_params["id"]})


async def export(request):
    rows = int(request.query_params["rows"])

    async def lines():
        for row in range(rows):
            yield f"{row};something\n"
            await asyncio.sleep(TAKES_S / rows)
        yield f"total;{rows}\n"

    return StreamingResponse(lines(), media_type="text/csv")


async def progress(_request):
    async def events():
        for percent in range(0, 100, 5):
            yield f"id: {percent}\ndata: {percent} %\n\n"
            await asyncio.sleep(TAKES_S / 20)
        yield "event: done\ndata: 100 %\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def upload(request):
    received = 0
    async for piece in request.stream():
        received += len(piece)
    return JSONResponse({"bytes": received}, status_code=201)


app = Starlette(
    routes=[
        Route("/healthz", health),
        Route("/titles/{id}", title),
        Route("/report/{id}", report),
        Route("/export/{id}.csv", export),
        Route("/progress/{id}", progress),
        Route("/files/{id}", upload, methods=["PUT"]),
    ]
)

# What has been begun is answered before it ends: SIGTERM, and no bound on how long that may take.
uvicorn.run(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), log_level="warning")
