import type { Validated } from '../core/best.js';
import { formatCount } from '../core/format.js';
import { UserError } from '../core/userError.js';
import type { EventOf, ToldEvent } from '../protocol/runEvents.js';
import { checkpointTitle } from '../core/checkpoints.js';
import type { Checkpoint } from '../runs/checkpoint.js';
import type { CheckpointKeeper } from '../runs/checkpointKeeper.js';
import type { BestValidation } from '../runs/loopState.js';
import type { Presence } from '../runs/runLog.js';
import type { DiskPatience } from './diskPatience.js';

/** What a run lends. */
export interface CheckpointingPorts {
  readonly tell: (event: ToldEvent) => void;
  readonly presence: () => Presence;
  /** @throws UserError when the run folder is not there any more */
  readonly requireThere: () => void;
  readonly patience: DiskPatience;
  /** Between two checkpoints inside an epoch; 0 for none. */
  readonly minutes: number;
  /** Milliseconds, of any origin. */
  readonly now: () => number;
}

/**
 * When checkpoints are written, one at a time and beside training, and what becomes of a run whose disk does not take them: it goes
 * on, warns once, tries again, and does not end as if nothing had happened.
 */
export class Checkpointing {
  /** Under way. */
  private flight: Promise<void> | undefined;
  /** Behind which update the newest stands that is there, and when the newest was begun. */
  private saved: number;
  private begunAt: number;
  /** Since when none was taken, and what the disk said last. */
  private refused: { readonly since: number; readonly at: number; readonly error: UserError } | undefined;
  /** What training does not go on after. */
  private broken: Error | undefined;

  /** @param step updates behind the run */
  constructor(
    private readonly keeper: Pick<CheckpointKeeper, 'write' | 'forgetBest' | 'best' | 'last'>,
    private readonly run: CheckpointingPorts,
    step: number,
  ) {
    this.saved = step;
    this.begunAt = run.now();
  }

  /** The validation that others are held against, of those that are there. */
  get best(): BestValidation | undefined {
    return this.keeper.best;
  }

  forgetBest(): void {
    this.keeper.forgetBest();
  }

  /** An epoch may take hours: what a crash costs is counted in minutes. */
  isDue(step: number): boolean {
    if (this.flight) return false;
    if (this.broken) throw this.broken;
    const { minutes, now, patience } = this.run;
    if (this.refused) return now() - this.refused.at >= patience.retryMs;
    return minutes > 0 && step > this.saved && now() - this.begunAt >= minutes * 60_000;
  }

  /** Whether something was trained that no checkpoint holds, once that at hand has settled. */
  async isBehind(step: number): Promise<boolean> {
    await this.flight;
    return step > this.saved;
  }

  /**
   * Returns as soon as what is written is not the session's any more.
   *
   * @param validated undefined inside an epoch
   */
  async write(checkpoint: Omit<Checkpoint, 'kept'>, validated: Validated | undefined): Promise<void> {
    await this.flight;
    if (this.broken) throw this.broken;
    const { step } = checkpoint.session;
    this.begunAt = this.run.now();
    this.flight = this.keeper.write(checkpoint, validated).then(
      () => this.succeed(step),
      (error: unknown) => this.fail(error, step),
    );
  }

  /** Waits for the one under way. What became of it is met later. */
  async settled(): Promise<void> {
    await this.flight;
  }

  /**
   * Ends only when the newest checkpoint is there.
   *
   * @param again writes it once more
   * @param isPatient waits a moment; @returns whether to try again
   * @throws UserError where the disk does not take it
   */
  async finish(again: () => Promise<void>, isPatient: () => Promise<boolean>): Promise<void> {
    for (let waits = false; ; waits = true) {
      await this.flight;
      if (this.broken) throw this.broken;
      if (!this.refused) return;
      if (!(await isPatient())) throw neverWritten(this.refused.error, this.keeper.last);
      if (!waits) this.run.tell(waitsForDisk(this.run.patience, this.keeper.last));
      await again();
    }
  }

  private succeed(step: number): void {
    this.flight = undefined;
    this.saved = step;
    if (!this.refused) return;
    this.refused = undefined;
    this.run.tell({
      ...{
        type: 'warning',
        code: 'disk-back',
        message: `The disk takes checkpoints again: that of step ${step} is there.`,
      },
      advice: 'Those of the time before are missing; nothing that was trained is lost.',
    });
  }

  private fail(error: unknown, step: number): void {
    this.flight = undefined;
    const now = this.run.now();
    const since = this.refused?.since ?? now;
    const presence = this.run.presence();
    const { longestMs, awayMs } = this.run.patience;
    if (!isOfDisk(error) || presence === 'removed') {
      this.broken ??= presence === 'removed' ? this.whyGone() : asError(error);
      return;
    }
    const isNew = !this.refused;
    this.refused = { since, at: now, error };
    if (now - since > (presence === 'away' ? awayMs : longestMs)) this.broken ??= neverWritten(error, this.keeper.last);
    else if (isNew) this.run.tell(unwritten(error, step));
  }

  private whyGone(): Error | undefined {
    try {
      this.run.requireThere();
    } catch (error) {
      return asError(error);
    }
    return undefined;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function isOfDisk(error: unknown): error is UserError {
  return error instanceof UserError && ['disk-full', 'run-folder-unwritable'].includes(error.code);
}

function unwritten({ message, advice, code }: UserError, step: number): ToldEvent {
  return {
    type: 'warning',
    code: 'checkpoint-unwritten',
    message: `${message} The checkpoint after step ${step} was not written; training goes on.`,
    advice:
      code === 'disk-full'
        ? `${advice} The next ones are written as soon as there is room.`
        : 'Bring the folder back or make it writable again: checkpoints are written as soon as it is; earlier ones are unharmed.',
  };
}

function waitsForDisk({ endMs }: DiskPatience, last: EventOf<'checkpoint'> | undefined): ToldEvent {
  const minutes = formatCount(Math.max(1, Math.round(endMs / 60_000)), 'minute');
  const kept = last ? `; until then the newest is “${checkpointTitle(last)}”` : '';
  return {
    ...{ type: 'warning', code: 'checkpoint-waits' },
    message: `Nothing is left to train, but the disk does not take the last checkpoint${kept}.`,
    advice: `Free some space or bring the folder back within ${minutes}: it is written as soon as that is done.`,
  };
}

/** Said instead of a good end. */
function neverWritten({ code, message }: UserError, last: EventOf<'checkpoint'> | undefined): UserError {
  const lost = last ? `what was trained after its checkpoint “${checkpointTitle(last)}”` : 'what was trained';
  return new UserError(
    code,
    `${message} So ${lost} could not be kept.`,
    last
      ? 'Make room or bring the folder back, then go on with the run: it trains the rest again, to the same bits.'
      : 'Make room or bring the folder back, then train again.',
  );
}
