/** Times before online stores existed or ahead of the import clock. */
import type { CleaningStep } from './step.ts';

export const impossibleTimes: CleaningStep = {
  name: 'impossible-times',
  action: 'set-aside',
  summary: 'the time lies before 1990 (earliestTime) or ahead of the import clock by more than maxSkewHours',
  run(context) {
    const latest = context.now + context.options.maxSkewHours * 3_600_000;
    return context.setAsideWhere(
      impossibleTimes.name,
      `time < ${context.options.earliestTime} OR time > ${latest}`,
      `'time ' || ${isoTime} || (CASE WHEN time > ${latest} THEN ' is ahead of the import clock' ELSE ' is before the earliest' END)`,
    );
  },
};

/** As text where a calendar has it, else the number. */
const isoTime =
  "CASE WHEN time BETWEEN -60000000000000 AND 250000000000000 THEN strftime(make_timestamp(time * 1000), '%Y-%m-%dT%H:%M:%SZ') ELSE CAST(time AS VARCHAR) END";
