"""A page server by HTTP/1.1; its SLB speaks TLS and HTTP/2 for it. It knows nothing of releases."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route


async def health(_request):
    return PlainTextResponse("up")


async def page(request):
    return JSONResponse({"page": request.path_params["id"]})


async def basket(request):
    return JSONResponse({"article": (await request.json())["article"]}, status_code=201)


app = Starlette(
    routes=[
        Route("/healthz", health),
        Route("/pages/{id}", page),
        Route("/basket/{id}", basket, methods=["POST"]),
    ]
)
uvicorn.run(app, host=os.environ["HOST"], port=int(os.environ["PORT"]), log_level="warning")
