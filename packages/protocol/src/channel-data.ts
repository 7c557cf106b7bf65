import type { SchemaInput, SchemaOutput } from './standard-schema.js'

/** A pattern, and what of it a name has not met yet; `''` where it has met all. */
type Candidate = readonly [pattern: string, rest: string]

type Head<Rest> = Rest extends `${infer First}/${string}`
  ? Head<First>
  : Rest extends `:${string}`
    ? ':'
    : Rest
type Tail<Rest> = Rest extends `${string}/${infer Others}` ? Others : ''

type Next<One> = One extends readonly [infer Pattern, infer Rest] ? readonly [Pattern, Tail<Rest>] : never

/** Candidates by their next segment, all `:name` as `:`; the same for all names, so that the compiler sorts them once. */
type Sorted<Left extends Candidate> = {
  [One in Left as Head<One[1]> & string]: Next<One>
}

/** Those whose next segment is this one; of a segment that is not known, all that it may be. */
type At<By, Segment> = Segment extends keyof By
  ? By[Segment]
  : { [Key in keyof By]: Key extends Segment ? By[Key] : never }[keyof By]

type Met<Left> = Left extends readonly [infer Pattern, ''] ? Pattern : never
type Or<First, Second> = [First] extends [never] ? Second : First

/** The most exact pattern that matches, segment by segment: a name before `:name` before `*` (PROTOCOL §2). */
type Find<Name extends string, Left> = [Left] extends [Candidate]
  ? [Left] extends [never]
    ? never
    : FindIn<Name, Sorted<Left>>
  : never

type FindIn<Name extends string, By> = Name extends `${infer Segment}/${infer Others}`
  ? Or<Find<Others, At<By, Segment>>, Or<Find<Others, At<By, ':'>>, Met<At<By, '*'>>>>
  : Or<Met<At<By, Name>>, Or<Met<At<By, ':'>>, Met<At<By, '*'>>>>

/** All patterns of definitions. */
type All<Schemas> = {
  [Pattern in keyof Schemas & string]: readonly [Pattern, Pattern]
}[keyof Schemas & string]

/** Nothing for a name of which nothing is known, and for patterns of which nothing is known. */
type PatternOf<Schemas, Name extends string> = string extends Name | keyof Schemas
  ? never
  : Find<Name, All<Schemas>> & keyof Schemas

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
