import { formatSimilarity } from './format.js';
import type { Answer, NetworkAtWork, NoAnswer } from '../protocol/recognition.js';

const NO_NAME: Record<NoAnswer, string> = {
  'no-face': 'No face',
  'too-small': 'Face too small',
  'too-blurred': 'Face too blurred',
  'turned-away': 'Face turned away',
  unreadable: 'Not a picture',
};

/** An answer for people, in a word and a line: "Anna", "Nobody I know (most like Anna)", "No face". */
export interface AnswerWords {
  readonly title: string;
  readonly detail: string;
}

/** Nothing here is surer than the answer: somebody who is not known gets no name, only "most like". */
export function answerWords(answer: Answer): AnswerWords {
  if ('error' in answer) return { title: NO_NAME[answer.reason], detail: `This picture ${answer.error}.` };
  const { person, known, nearest, similarity, threshold, runnerUp, ruledOut } = answer;
  const next = runnerUp && `then ${runnerUp.person} ${formatSimilarity(runnerUp.similarity)}`;
  const out = ruledOut && `not ${ruledOut.person}, as you said of one more like it`;
  const alike = known
    ? `${formatSimilarity(similarity)} alike`
    : nearest !== undefined && `${formatSimilarity(similarity)} alike, a name needs ${formatSimilarity(threshold)}`;
  return {
    title: known ? person : `Nobody I know${nearest === undefined ? '' : ` (most like ${nearest})`}`,
    detail: [alike, next, out].filter(Boolean).join('  ·  '),
  };
}

/** Which network is at work, and how far it can be trusted. */
export function networkWords({ name, kind, precision }: Pick<NetworkAtWork, 'name' | 'kind' | 'precision'>): string {
  const int8 = precision === 'int8' ? ', int8' : '';
  switch (kind) {
    case 'face':
      return `face network ${name}${int8}`;
    case 'dlib':
      return 'dlib’s small face network, as the better one is not here';
    case 'checkpoint':
      return `your checkpoint ${name}${int8}`;
    case 'file':
      return `your file ${name}${int8}`;
  }
}
