/**
 * Threads get the flags of their process, but those that say what the process itself runs are none for a thread: after
 * `node --input-type=module -e PROGRAM` they begin without any.
 */
const ofTheProgram = /^(--input-type|--eval|--print|-e|-p|-pe)(=|$)/;

/** Options of a thread. @param flags - of the process */
export function workerFlags(flags: readonly string[] = process.execArgv): { readonly execArgv?: string[] } {
  // Flags of V8 are given on by the process alone: naming them for a thread is an error.
  return flags.some((flag) => ofTheProgram.test(flag)) ? { execArgv: [] } : {};
}
