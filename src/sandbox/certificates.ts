import { generate } from "selfsigned";

export interface ServerCertificate {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

const day = 24 * 3600 * 1000;

/** A certificate for loopback, signed by an authority of its own. `now` in milliseconds. */
export async function createServerCertificate(now: number): Promise<ServerCertificate> {
  const dates = { notBeforeDate: new Date(now - day), notAfterDate: new Date(now + 365 * day) };
  const ca = await generate([{ name: "commonName", value: "flare-sandbox-ca" }], {
    ...dates,
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: "commonName", value: "flare-sandbox" }], {
    ...dates,
    keyType: "ec",
    algorithm: "sha256",
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { caPem: ca.cert, certPem: server.cert, keyPem: server.private };
}
