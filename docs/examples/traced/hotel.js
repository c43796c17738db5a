// A hotel's desk, and the rooms that it books at whoever Nacos lists. They know W3C's traceparent and the team's own
// x-env, and nothing of releases. What a booking leaves are lines of a book that all of them share.
const fs = require("node:fs");
const http = require("node:http");
const { randomBytes } = require("node:crypto");

const { ROLE, HOST, PORT, NACOS, ENV = "", BOOK, VERSION, INSTANCE, INCARNATION } = process.env;
const agent = new http.Agent({ keepAlive: true });
let rooms = [];
let env = ENV;

function ask(at, method, path, headers = {}, body = "") {
  return new Promise((resolve, reject) => {
    const [host, port] = at.split(":");
    const request = http.request({ host, port, method, path, headers, agent, timeout: 5000 }, (answer) => {
      let told = "";
      answer.on("data", (piece) => (told += piece));
      answer.on("end", () => resolve({ status: answer.statusCode, told }));
      answer.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("error", reject);
    request.end(body);
  });
}

async function nacos(method, path, values) {
  const query = new URLSearchParams({ serviceName: "rooms", ...values });
  const { status, told } = await ask(NACOS, method, `/nacos/v1/ns/instance${path}?${query}`);
  if (status >= 300) throw new Error(`nacos: ${method} ${path}: ${status} ${told}`);
  return told;
}

const me = { ip: HOST, port: PORT, ephemeral: "true" };

function register() {
  const metadata = JSON.stringify({ ...(env && { env }), "preserved.heart.beat.timeout": "15000" });
  return nacos("POST", "", { ...me, metadata });
}

async function look() {
  const { hosts } = JSON.parse(await nacos("GET", "/list", {}));
  rooms = hosts.filter((one) => one.healthy && one.enabled && one.weight > 0);
}

function again(act) {
  const once = () => act().catch((error) => console.log(error.message)).then(() => setTimeout(once, 300));
  once();
}

// Whoever stands in the lane of this request; of those in none where nobody does, and for everybody else.
function pick(lane) {
  const own = rooms.filter((one) => (one.metadata.env || "") === lane);
  const none = rooms.filter((one) => !one.metadata.env);
  const among = own.length ? own : none.length ? none : rooms;
  const one = among[Math.floor(Math.random() * among.length)];
  return one && `${one.ip}:${one.port}`;
}

function leaves(trace, effect) {
  const line = { request_id: trace, effect, instance: INSTANCE, incarnation: INCARNATION, version: VERSION };
  fs.appendFileSync(BOOK, `${JSON.stringify(line)}\n`);
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function desk(request, trace, body) {
  const lane = request.headers["x-env"] || "";
  const headers = { traceparent: `00-${trace}-${randomBytes(8).toString("hex")}-01`, ...(lane && { "x-env": lane }) };
  if (request.method === "POST") {
    leaves(trace, "asked");
    await pause(JSON.parse(body).stays_ms);
  }
  const at = pick(lane);
  if (!at) return 503;
  return (await ask(at, request.method, request.url, headers, body)).status;
}

async function room(request, trace, body) {
  if (request.method === "GET") return 200;
  await pause(JSON.parse(body).stays_ms);
  leaves(trace, "booked");
  return 201;
}

async function leaveLane() {
  env = "";
  await register();
  return 200;
}

async function serve(request, response, body) {
  const began = Date.now();
  const trace = (request.headers.traceparent || "--").split("-")[1];
  const failed = (error) => (console.log(`${request.url}: ${error.message}`), 502);
  let status = 404;
  if (request.url === "/health") status = ROLE === "rooms" || rooms.length ? 200 : 503;
  else if (request.url === "/leave-lane") status = await leaveLane().catch(failed);
  else if (request.url.startsWith("/bookings")) {
    status = await (ROLE === "desk" ? desk : room)(request, trace, body).catch(failed);
    console.log(`${new Date().toISOString()} ${trace} ${request.method} ${status} ${Date.now() - began} ms`);
  }
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ trace }));
}

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece));
  request.on("end", () => serve(request, response, body));
});

if (ROLE === "rooms") server.keepAliveTimeout = 60_000; // the desks keep connections: they are not the last to know
server.listen(Number(PORT), HOST, async () => {
  fs.appendFileSync(BOOK, "");
  if (ROLE === "desk") return again(look);
  await register();
  again(() => nacos("PUT", "/beat", me));
});

process.on("SIGTERM", () => {
  server.close(() => process.exit(0)); // what has been begun is answered first
  server.closeIdleConnections();
});
