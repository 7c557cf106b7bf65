import type { ChannelDefinition } from './define-channels.js'
import type { SchemaIssue, SchemaResult } from './standard-schema.js'

/** What a definition makes of data, or why it does not fit. */
export type ReadData =
  | { readonly data: unknown; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** What data says of its version by its member `v`; 0 where it says nothing. */
function versionOf(data: unknown): number {
  const { v } = Object(data) as { readonly v?: unknown }
  return typeof v === 'number' ? v : 0
}

/**
 * Reads parsed data as its channel's definition says: older data is upcast, newer data does not fit, and the schema has
 * the last word. A promise exactly where the schema gives one; rejects or throws only as the schema itself does.
 */
export function readData(
  { schema, version, upcast }: Pick<ChannelDefinition, 'schema' | 'version' | 'upcast'>,
  data: unknown,
): ReadData | Promise<ReadData> {
  const from = versionOf(data)
  let now = data
  if (version !== undefined && from !== version) {
    if (from > version) return { issues: [{ message: `v ${from} is newer than ${version}`, path: ['v'] }] }
    try {
      if (upcast) now = upcast(data, from)
    } catch (error) {
      return { issues: [{ message: `upcast from v ${from}: ${error}` }] }
    }
  }
  if (!schema) return { data: now }
  const result = schema['~standard'].validate(now)
  return 'then' in result ? Promise.resolve(result).then(toReadData) : toReadData(result)
}

function toReadData(result: SchemaResult<unknown>): ReadData {
  return result.issues ? result : { data: result.value }
}
