import { textOf } from '../failure.js'
import { answerAsLoad } from './load.js'
import { answerAsServer } from './measured-server.js'

/** Is one side of a measurement: answers the questions of the process that began this one, until that is gone. */
export function childMain(name: string | undefined): void {
  const answer: (question: never) => unknown = name === 'load' ? answerAsLoad : answerAsServer
  process.on('message', async (question) => {
    try {
      process.send?.({ answer: await answer(question as never) })
    } catch (error) {
      process.send?.({ failure: textOf(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}
