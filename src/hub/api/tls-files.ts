import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { sleep } from "../../kubernetes/timing.ts";

/** A certificate with its key, PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Reads a certificate and its key. Throws a message that names the setting and the file that cannot be read, or do not go together. */
export async function readTlsPair({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  const [cert, key] = await Promise.all([read("certFile", certFile), read("keyFile", keyFile)]);
  try {
    // An empty file, such as one that is just being written, would otherwise pass for no certificate at all.
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error("they differ");
    createSecureContext({ cert, key });
  } catch (error) {
    throw new Error(`api.tls: ${certFile} and ${keyFile} are no certificate with its key: ${String(error)}`, {
      cause: error,
    });
  }
  return { cert, key };
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "it may not be read",
  EISDIR: "it is a directory",
};

async function read(setting: keyof TlsFiles, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new Error(`api.tls.${setting}: ${file} cannot be read: ${WHY[code] ?? message}`, { cause: error });
  }
}

/**
 * Looks at the files now and then and tells of a new pair. It reads them, for a mounted Secret changes by a link that no
 * watch on a file sees. What cannot be read or does not go together (yet) is told to `onError`, and the old pair stays.
 */
export async function watchTlsPair(
  files: TlsFiles,
  options: {
    readonly current: TlsPair;
    readonly everyMs: number;
    readonly onPair: (pair: TlsPair) => void;
    readonly onError: (error: unknown) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  let known = options.current;
  while (!signal.aborted) {
    await sleep(options.everyMs, signal);
    if (signal.aborted) return;
    try {
      const pair = await readTlsPair(files);
      if (pair.cert === known.cert && pair.key === known.key) continue;
      known = pair;
      options.onPair(pair);
    } catch (error) {
      options.onError(error);
    }
  }
}
