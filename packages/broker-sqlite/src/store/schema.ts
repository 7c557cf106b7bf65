/** Marks a file as Gamut's: `Gamu` in its header. */
export const applicationId = 0x47616d75
/** The format of what this release reads and writes. */
export const formatVersion = 1

/**
 * Rowid tables with an index: entries enter at the end of their table whatever channel they are of, so a commit writes few pages.
 * `store.clock` is the age of the store in milliseconds, which does not go back; `writer` the process that has it open.
 */
export const schema = `
CREATE TABLE store (
  epoch TEXT NOT NULL, clock INTEGER NOT NULL, wall INTEGER NOT NULL, writer INTEGER NOT NULL
);
CREATE TABLE channels (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, closed INTEGER NOT NULL,
  head INTEGER NOT NULL, headTag INTEGER NOT NULL,
  base INTEGER NOT NULL, baseTag INTEGER NOT NULL, deletedTo INTEGER NOT NULL,
  bytes INTEGER NOT NULL, keys INTEGER NOT NULL, seen INTEGER NOT NULL, places INTEGER NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE entries (
  channel INTEGER NOT NULL, position INTEGER NOT NULL, tag INTEGER NOT NULL,
  time INTEGER NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL, checksum INTEGER NOT NULL,
  data TEXT, event TEXT, key TEXT, id TEXT
);
CREATE UNIQUE INDEX entriesByPosition ON entries (channel, position);
CREATE TABLE keys (channel INTEGER NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL);
CREATE UNIQUE INDEX keysByName ON keys (channel, key);
CREATE UNIQUE INDEX keysByPosition ON keys (channel, position);
CREATE TABLE seen (
  number INTEGER PRIMARY KEY, channel INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL,
  hash TEXT NOT NULL, cursor TEXT NOT NULL, messages TEXT NOT NULL, places INTEGER NOT NULL
);
CREATE UNIQUE INDEX seenByName ON seen (channel, name);
CREATE INDEX seenByAge ON seen (channel, number);
`
