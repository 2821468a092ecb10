/**
 * A watch without a byte for so long is dead (ms). API servers send a bookmark about a minute after the last event, checked every
 * second or so: with a limit of a minute quiet watches would be cut just before their bookmark, for nothing. Old servers
 * (seen with 1.20) send none for a resource where nothing happens; there such a watch is resumed once per limit.
 */
export const WATCH_SILENCE_MS = 75_000;
