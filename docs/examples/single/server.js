// A service that answers what the weather is like. It knows nothing of releases.
const http = require("node:http");

const { HOST = "127.0.0.1", PORT = "8080", VERSION = "dev" } = process.env;

const server = http.createServer((request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.url === "/healthz") return answer(200, { up: true });
  if (request.url.startsWith("/weather/")) {
    const city = decodeURIComponent(request.url.slice("/weather/".length));
    // The forecast takes a moment, as a real one would.
    return setTimeout(() => answer(200, { city, sky: "clear", version: VERSION }), 5);
  }
  return answer(404, { error: "not found" });
});

server.listen(Number(PORT), HOST, () => console.log(`weather ${VERSION} listens on ${HOST}:${PORT}`));

process.on("SIGTERM", () => {
  server.close(() => process.exit(0)); // what has been begun is answered first
  server.closeIdleConnections();
});
