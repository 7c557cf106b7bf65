import { afterAll, onTestFinished, TestRunner } from 'vitest'

type End = () => Promise<void>

const atEndOfFile: End[] = []

afterAll(async () => {
  for (const end of atEndOfFile.splice(0).reverse()) await end()
})

/**
 * Calls back when the test that runs now has ended, however it did; between tests (`beforeAll`), when all of the file
 * have. What was begun last ends first.
 */
export function endWithTest(end: End): void {
  if (TestRunner.getCurrentTest()) onTestFinished(end)
  else atEndOfFile.push(end)
}
