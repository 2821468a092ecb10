/** A TCP proxy on loopback that can misbehave as networks do: cut connections, or go silent without closing them. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** `https://127.0.0.1:<port>` */
  readonly url: string;
  /** Connections open now. */
  connections(): number;
  /** Connections accepted so far. */
  accepted(): number;
  /** Resets every open connection; new ones are accepted. */
  cut(): void;
  /** Half-open: nothing passes on the open connections any more, and neither side learns it. New ones work. */
  freeze(): void;
  /** As `freeze`, and new connections are accepted but stay silent too. */
  freezeAll(): void;
  /** Lets frozen connections go on, with what was held back. */
  resume(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Forwards a free port on 127.0.0.1 to `targetPort` there. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let accepted = 0;
  let freezeNew = false;
  const listener = createServer((client) => {
    accepted += 1;
    const pair = { client, server: connect(targetPort, "127.0.0.1") };
    pairs.add(pair);
    join(pair, () => pairs.delete(pair));
    if (freezeNew) hold(pair);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const cut = (): void => pairs.forEach(reset);
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    connections: () => pairs.size,
    accepted: () => accepted,
    cut,
    freeze: () => pairs.forEach(hold),
    freezeAll: () => {
      freezeNew = true;
      pairs.forEach(hold);
    },
    resume: () => {
      freezeNew = false;
      pairs.forEach(flow);
    },
    close: async () => {
      const closed = once(listener.close(), "close");
      cut();
      await closed;
    },
  };
}

function join(pair: Pair, onClose: () => void): void {
  for (const [from, to] of [
    [pair.client, pair.server],
    [pair.server, pair.client],
  ] as const) {
    from.setNoDelay(true);
    from
      .on("error", () => reset(pair))
      .on("close", () => {
        onClose();
        to.destroy();
      });
  }
  flow(pair);
}

function flow({ client, server }: Pair): void {
  client.pipe(server);
  server.pipe(client);
}

function hold({ client, server }: Pair): void {
  client.unpipe(server).pause();
  server.unpipe(client).pause();
}

function reset({ client, server }: Pair): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}
