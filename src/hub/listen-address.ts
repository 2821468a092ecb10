/** Where somebody listens, as it is written in a browser; without a host that is every address of the machine. */
export function addressOf(
  { host, port }: { readonly host: string; readonly port: number },
  tls: boolean,
): string {
  const name = host === "" ? "0.0.0.0" : host;
  return `${tls ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
