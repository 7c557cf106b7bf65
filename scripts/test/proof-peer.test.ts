import { describe, expect, it } from 'vitest'
import { countSeen } from '../proof/count-seen.mjs'

const acknowledged = [1, 2, 3, 4, 5, 6]

describe('what is counted of the peer', () => {
  it.each<[string, (number | 'reset')[], object]>([
    ['nothing, where all came once', [1, 2, 3, 4, 5, 6], { lost: 0, unsaid: 0, repeated: 0 }],
    ['what did not come, without a word', [1, 2, 5, 6], { lost: 2, unsaid: 2 }],
    ['what did not come where its reader was told', [1, 2, 'reset', 5, 6], { lost: 2, unsaid: 0 }],
    ['the rest of which nothing came', [1, 2, 'reset'], { lost: 4, unsaid: 0 }],
    ['a loss behind what was told', [1, 'reset', 3, 6], { lost: 3, unsaid: 2 }],
    ['what came again', [1, 2, 2, 3, 3, 3, 4, 5, 6], { lost: 0, repeated: 2, received: 9 }],
    ['nothing of what was never acknowledged', [1, 2, 3, 4, 5, 6, 8], { lost: 0 }],
  ])('%s', (_, seen, counts) => {
    expect(countSeen(seen, acknowledged)).toMatchObject(counts)
  })
})
