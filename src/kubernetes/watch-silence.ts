/**
 * A watch without a byte for so long is dead (ms). API servers send a bookmark a minute after the last event, checked every
 * second or so: with a limit of a minute every quiet watch would be cut just before its bookmark, for nothing.
 */
export const WATCH_SILENCE_MS = 75_000;
