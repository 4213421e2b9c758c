import { EntitySchema } from 'typeorm';
import { bigint, key, optional, SCHEMA, text, time, timeOfInsert } from './columns.js';

/** Stored objects that no row names, since when, and when they were removed. Of the store, not of a tenant. */
export const gcMarks = new EntitySchema({
  name: 'gc_marks',
  schema: SCHEMA,
  columns: {
    storage_key: key('gc_marks', text()),
    bytes: bigint(),
    modified_at: time(),
    marked_at: timeOfInsert(),
    swept_at: optional(time()),
  },
});

/** When the chores of the whole installation were last begun, whoever led then. */
export const chores = new EntitySchema({
  name: 'chores',
  schema: SCHEMA,
  columns: { name: key('chores', text()), began_at: timeOfInsert() },
});
