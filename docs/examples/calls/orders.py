"""Orders by gRPC: found at once, watched for a while. It knows nothing of releases."""

import os
import signal
import threading
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

TAKES_S = 12.0

protoc.main(["protoc", "--proto_path=.", f"--descriptor_set_out={os.environ['SCRATCH']}/orders.pb", "orders.proto"])
pool = descriptor_pool.DescriptorPool()
with open(f"{os.environ['SCRATCH']}/orders.pb", "rb") as compiled:
    for file in descriptor_pb2.FileDescriptorSet.FromString(compiled.read()).file:
        pool.Add(file)
Order, Found, Change = (
    message_factory.GetMessageClass(pool.FindMessageTypeByName(f"shop.{name}")) for name in ("Order", "Found", "Change")
)


def find(order, _context):
    return Found(id=order.id, state="open")


def watch(order, _context):
    for number in range(1, order.changes + 1):
        time.sleep(TAKES_S / order.changes)
        yield Change(number=number, state="open", last=number == order.changes)


def healthy(_request, _context):
    return b"\x08\x01"  # grpc.health.v1.HealthCheckResponse(status=SERVING)


def handlers():
    unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
    yield grpc.method_handlers_generic_handler(
        "shop.Orders",
        {
            "Find": unary(find, Order.FromString, Found.SerializeToString),
            "Watch": stream(watch, Order.FromString, Change.SerializeToString),
        },
    )
    yield grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": unary(healthy)})


server = grpc.server(futures.ThreadPoolExecutor(100), handlers=list(handlers()))
server.add_insecure_port(f"{os.environ['HOST']}:{os.environ['PORT']}")
server.start()
over = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: over.set())
over.wait()
server.stop(grace=30).wait()  # what has been begun is answered
