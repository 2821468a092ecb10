import { describe, expect, it } from "vitest";
import { conditionNews } from "../../../../src/hub/providers/condition-news.ts";

interface Seen {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
const seen = (words: string, message = "why"): Seen => {
  const [type = "", status = "", reason = ""] = words.split(" ");
  return { type, status, reason, message };
};
const CONNECTED = seen("Reachable True Connected", "the API answers");
const REJECTED = seen("Authorized False TokenRejected", "the token was rejected");
const CLOSED = seen("Closed True SameCluster", "twin");

describe("what is told of a provider's conditions", () => {
  it.each<[string, readonly Seen[], readonly Seen[], string[]]>([
    ["what came true", [], [CONNECTED], ["Normal Connected: the API answers"]],
    [
      "what failed, with its cause",
      [CONNECTED],
      [REJECTED],
      ["Warning TokenRejected: the token was rejected"],
    ],
    [
      "another reason of the same failure",
      [REJECTED],
      [seen("Authorized False Forbidden")],
      ["Warning Forbidden: why"],
    ],
    [
      "nothing while only the words change",
      [seen("Synced False Stale", "1m")],
      [seen("Synced False Stale", "2m")],
      [],
    ],
    ["nothing of what is not known yet", [], [seen("Reachable Unknown Connecting")], []],
    ["nothing of reading, which is on its way", [], [seen("Synced False Listing")], []],
    ["that it is closed", [], [CLOSED], ["Warning SameCluster: twin"]],
    ["that it is closed as somebody wished", [], [seen("Closed True Paused")], ["Normal Paused: why"]],
    ["that it is open again", [CLOSED], [], ["Normal Opened: nothing keeps it closed any more"]],
  ])("%s", (_, before, now, news) => {
    expect(
      conditionNews(before, now).map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
    ).toEqual(news);
  });
});
