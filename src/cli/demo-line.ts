import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** The way from the hub to one cluster of the demo. */
export interface DemoLine {
  readonly url: string;
  /** Nothing gets through any more, as when a network breaks. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Passes connections of a free port of the loopback interface on to the API server there. */
export async function startLine(target: string): Promise<DemoLine> {
  const open = new Set<Socket>();
  let isCut = false;
  const join = (from: Socket, to: Socket): void => {
    open.add(from);
    from.pipe(to);
    from.on("error", () => from.destroy());
    from.on("close", () => {
      open.delete(from);
      to.destroy();
    });
  };
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const there = connect(Number(new URL(target).port), "127.0.0.1");
    join(client, there);
    join(there, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const cut = (): void => {
    isCut = true;
    for (const socket of open) socket.destroy();
  };
  return {
    url: `https://127.0.0.1:${port}`,
    cut,
    mend: () => {
      isCut = false;
    },
    close: async () => {
      const closed = once(server.close(), "close");
      cut();
      await closed;
    },
  };
}
