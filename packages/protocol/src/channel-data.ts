import type { SchemaInput, SchemaOutput } from './standard-schema.js'

/** A pattern, and what of it a name has not met yet. */
type Candidate = readonly [pattern: string, rest: string]

type Or<First, Second> = [First] extends [never] ? Second : First

/** The most exact pattern that matches, segment by segment: a name before `:name` before `*` (PROTOCOL §2). */
type Find<Name extends string, Left extends Candidate> = [Left] extends [never]
  ? never
  : Name extends `${infer Head}/${infer Tail}`
    ? Or<Find<Tail, AfterName<Left, Head>>, Or<Find<Tail, AfterParam<Left>>, Rest<Left>>>
    : string extends Name
      ? OneSegment<Left>
      : Or<LastName<Left, Name>, Or<LastParam<Left>, Rest<Left>>>

type AfterName<Left, Head extends string> = Left extends readonly [infer Pattern, `${Head}/${infer Tail}`]
  ? readonly [Pattern, Tail]
  : never

type AfterParam<Left> = Left extends readonly [infer Pattern, `:${string}/${infer Tail}`]
  ? readonly [Pattern, Tail]
  : never

type LastName<Left, Name extends string> = Left extends readonly [infer Pattern, Name] ? Pattern : never

type LastParam<Left> = Left extends readonly [infer Pattern, `:${infer Param}`]
  ? Param extends `${string}/${string}`
    ? never
    : Pattern
  : never

type Rest<Left> = Left extends readonly [infer Pattern, '*'] ? Pattern : never

/** What a segment may meet that is not known yet. */
type OneSegment<Left> = Left extends readonly [infer Pattern, infer Segment]
  ? Segment extends `${string}/${string}`
    ? never
    : Pattern
  : never

/** Nothing for a name of which nothing is known, and for patterns of which nothing is known. */
type PatternOf<Schemas, Name extends string> = string extends Name | keyof Schemas
  ? never
  : Find<Name, { [Pattern in keyof Schemas & string]: readonly [Pattern, Pattern] }[keyof Schemas & string]> &
      keyof Schemas

/**
 * What is published to a channel, by the most exact pattern that matches its name. A `${string}` in the name counts as
 * one segment and may be any of the patterns that fit; a name that is any string may carry anything.
 */
export type InputOf<Schemas, Name extends string> = [PatternOf<Schemas, Name>] extends [never]
  ? unknown
  : SchemaInput<Schemas[PatternOf<Schemas, Name>]>

/** What readers with the same definitions get of it; names as in {@link InputOf}. */
export type OutputOf<Schemas, Name extends string> = [PatternOf<Schemas, Name>] extends [never]
  ? unknown
  : SchemaOutput<Schemas[PatternOf<Schemas, Name>]>
