import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { startLine } from "../../../src/cli/demo-line.ts";

/** What comes back of a word sent through the line; undefined where the connection ends instead. */
async function echoed(url: string): Promise<string | undefined> {
  const socket: Socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write("hello");
  const ended = once(socket, "close").then(() => undefined);
  const answer = once(socket, "data").then(([data]) => String(data));
  socket.on("error", () => socket.destroy());
  const first = await Promise.race([answer.catch(() => undefined), ended]);
  socket.destroy();
  return first;
}

test("the way to a cluster of the demo passes everything on, until it is cut and once it is mended", async () => {
  const server = createServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const line = await startLine(`https://127.0.0.1:${port}`);
  expect(await echoed(line.url)).toBe("hello");
  const open = connect(Number(new URL(line.url).port), "127.0.0.1");
  open.on("error", () => open.destroy());
  open.write("hello");
  await once(open, "data");
  line.cut();
  await once(open, "close");
  expect(await echoed(line.url)).toBeUndefined();
  line.mend();
  expect(await echoed(line.url)).toBe("hello");
  await line.close();
  server.close();
});
