import { formatCount } from './format.js';
import { howFar, type Reached } from './howFar.js';

/**
 * Whether a run's process is there and answers. `held`: a signal made it stand still. `silent`: it is there, or nobody here can say
 * whether it is, and gives no sign of life: no heartbeat, no turn of its main thread, or no word. `gone`: it ended.
 */
export type Pulse =
  | { readonly state: 'alive' }
  | { readonly state: 'held'; readonly pid: number }
  | {
      readonly state: 'silent';
      readonly pid: number;
      readonly seconds: number;
      readonly lacks: 'beat' | 'turn' | 'word';
    }
  | { readonly state: 'silent'; readonly seconds: number; readonly host: string }
  | { readonly state: 'gone' };

/** What is wrong, and what to do about it. */
export interface Words {
  readonly message: string;
  readonly advice: string;
}

const LACKS = {
  beat: 'is there, but shows no sign of life',
  turn: 'lives, but has been at one and the same thing for longer than ever before',
  word: 'lives, but has told nothing for longer than ever before',
} as const;

/** What people are told of a run that may live and does not answer; nothing of one that answers or is gone. */
export function silenceWords(pulse: Pulse, reached: Reached): Words | undefined {
  if (pulse.state === 'alive' || pulse.state === 'gone') return undefined;
  const far = howFar(reached);
  if (pulse.state === 'held')
    return {
      message: `Training stands still ${far}: a signal stopped its process ${pulse.pid}.`,
      advice: `Another signal lets it go on, to the same bits: “kill -CONT ${pulse.pid}”.`,
    };
  const message = `Training has not answered for ${roughly(pulse.seconds)}`;
  const from = reached.newest ? `it can go on ${far}` : 'train again: nothing was kept';
  if ('host' in pulse)
    return {
      message: `${message}: it was begun on “${pulse.host}”, and nobody can say from here whether its process is there.`,
      advice: `Look there. Where its process is gone, ${from}.`,
    };
  return {
    message: `${message}: its process ${pulse.pid} ${LACKS[pulse.lacks]}.`,
    advice: `It may still come back, when the machine has time and memory for it. Once process ${pulse.pid} is ended, ${from}.`,
  };
}

/** "5 minutes": said anew once a minute at most. */
function roughly(seconds: number): string {
  const minutes = Math.max(1, Math.floor(seconds / 60));
  if (minutes < 120) return formatCount(minutes, 'minute');
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? formatCount(hours, 'hour') : formatCount(Math.floor(hours / 24), 'day');
}
