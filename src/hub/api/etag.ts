/** The tags of an If-Match or If-None-Match header; weak ones as if they were strong. */
export const tagsIn = (header: string): readonly string[] =>
  header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));

/** Whether If-None-Match names this very state. */
export const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined && tagsIn(ifNoneMatch).some((tag) => tag === "*" || tag === etag);
