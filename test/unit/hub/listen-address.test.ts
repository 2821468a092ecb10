import { expect, it } from "vitest";
import { addressOf } from "../../../src/hub/listen-address.ts";

it.each([
  [{ host: "127.0.0.1", port: 8080 }, false, "http://127.0.0.1:8080"],
  [{ host: "::1", port: 8080 }, true, "https://[::1]:8080"],
  [{ host: "", port: 8080 }, false, "http://0.0.0.0:8080"],
])("what listens on %j, with TLS %s, is at %s", (listen, tls, address) => {
  expect(addressOf(listen, tls)).toBe(address);
});
