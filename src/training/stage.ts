import type { TrainingSession } from '../engine/engine.js';
import type { EventOf } from '../protocol/runEvents.js';
import type { Checkpoint, ReadCheckpoint } from '../runs/checkpoint.js';
import type { SessionState } from '../graph/networkState.js';
import type { AveragedSession, AverageState } from './averagedSession.js';
import type { ClassTally } from './classes/classTally.js';
import type { BatchReader } from './batchReader.js';
import type { StageStrangers } from './strangers.js';

/** What trains, and where its batches come from; one stage of a run follows the other. */
export interface Stage {
  readonly name: EventOf<'stage'>['name'];
  readonly session: TrainingSession;
  readonly reader: BatchReader;
  /** The session where it is the average of what trains. */
  readonly averaged?: AveragedSession;
  /** Where the session has columns for some people only: what validation pictures come to among all. */
  readonly tally?: ClassTally;
  /** Where strangers can be measured beside it. */
  readonly strangers?: StageStrangers;
  /** What its reader asks; disposed of with it. */
  readonly teacher?: Pick<TrainingSession, 'dispose'>;
  /** It learns to give a teacher's embeddings, which its reader brings: that is what is validated. */
  readonly isStudent?: boolean;
  /** Keeps for the next run what it need not compute again. */
  readonly save?: () => void;
}

/** What trained in an earlier process, and beside it. */
export type TrainedBefore = Pick<ReadCheckpoint, 'session' | 'beside' | 'people' | 'loop'>;

/** What a checkpoint holds of a stage. */
export async function readStage(stage: Stage): Promise<Pick<Checkpoint, 'session' | 'beside' | 'people'>> {
  const people = await stage.tally?.store.hold();
  return { session: await stage.session.readState(), beside: await readBeside(stage), ...(people && { people }) };
}

/**
 * What it holds beside the network: the heads that strangers are measured with, and where the network is the average of what trains,
 * that behind them, with the steps that went into the average.
 */
async function readBeside({ strangers, averaged }: Stage): Promise<SessionState[]> {
  const heads = (await strangers?.readState()) ?? [];
  if (!averaged) return heads;
  const { count: step, parameters } = await averaged.readTrained();
  return [...heads, { step, parameters, moments: new Map() }];
}

/** What a stage goes on with. */
export interface GoesOn {
  readonly state?: SessionState;
  /** Where the stage itself began in an earlier process. */
  readonly average?: AverageState;
}

/** What a stage goes on with: what trained in the one before, or in an earlier process, whose average a new stage does not go on with. */
export async function goesOnWith(
  name: Stage['name'],
  before: Stage | undefined,
  from: TrainedBefore | undefined,
  isAveraged: boolean,
): Promise<GoesOn> {
  if (before) return { state: await (before.averaged?.readTrained() ?? before.session.readState()) };
  if (!from) return {};
  const trained = isAveraged ? from.beside.at(-1) : undefined;
  if (!trained) return { state: from.session };
  const average = { count: trained.step, average: from.session.parameters };
  return {
    state: { ...from.session, parameters: trained.parameters },
    ...(from.loop?.stage?.name === name && { average }),
  };
}
