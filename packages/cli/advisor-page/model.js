// @ts-check
/** What the page has of the advisor, which is served beside it as it is installed. */
export {
  AdviceError,
  advise,
  compare,
  configText,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  patternNames,
  patterns,
  verdictOf,
} from '/advisor/model/index.js'
