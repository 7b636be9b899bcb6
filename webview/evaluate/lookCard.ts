import { formatSimilarity } from '../../src/core/format.js';
import type { EvaluationMistake } from '../../src/protocol/evaluation.js';
import type { EvaluationPanelMessage } from '../../src/protocol/evaluationPanel.js';
import { button, cardButton, element } from '../dom.js';
import { nameOf } from '../fileName.js';
import type { Pictures } from './pictures.js';

/** What every card needs of its page. */
export interface CardContext {
  readonly post: (message: EvaluationPanelMessage) => void;
  readonly pictures: Pictures;
}

type Look = Pick<EvaluationMistake, 'picture' | 'person' | 'similarity' | 'nearestPerson' | 'nearestPicture'>;

export interface LookCard {
  readonly look: Look;
  readonly badge?: string;
  /** Whose picture it is, in words. */
  readonly who: string;
  readonly why: string;
  /** What can be said of the answer, each a button. */
  readonly corrections: readonly EvaluationPanelMessage[];
  /** What was said of it, once it was. */
  readonly corrected?: string | undefined;
}

/** A picture beside the enrolled one that it is most like: both open their files, and the answer can be corrected. */
export function lookCard(
  context: CardContext,
  { look, badge, who, why, corrections, corrected }: LookCard,
): HTMLElement {
  const { post } = context;
  return element(
    'article',
    { class: corrected === undefined ? 'look' : 'look settled' },
    element(
      'div',
      { class: 'both' },
      face(context, look.picture, who, nameOf(look.picture)),
      element(
        'span',
        { class: 'between', title: 'Similarity of the two people’s faces' },
        element('span', { class: 'dim' }, 'like'),
        formatSimilarity(look.similarity),
      ),
      face(context, look.nearestPicture, look.nearestPerson, nameOf(look.nearestPicture)),
    ),
    element(
      'p',
      { class: 'why' },
      badge === undefined
        ? undefined
        : element('span', { class: 'badge' }, corrected === undefined ? badge : `${badge}, settled`),
      ' ',
      why,
    ),
    corrected === undefined
      ? element('div', { class: 'actions' }, ...corrections.map((message) => correction(message, post)))
      : element('p', { class: 'corrected', role: 'status' }, corrected),
  );
}

function face({ post, pictures }: CardContext, file: string, person: string, name: string): HTMLElement {
  return cardButton(
    { class: 'thumbnail', title: `Open ${file}` },
    () => post({ type: 'open', file }),
    pictures.image(file, ''),
    element('strong', {}, person),
    element('span', { class: 'file dim' }, name),
  );
}

/** Letters of a name on a button: it stands beside another one on a card. */
const NAME = 16;

function correction(message: EvaluationPanelMessage, post: CardContext['post']): HTMLElement {
  const words = (name: (person: string) => string) => {
    if (message.type === 'notThisPerson') return `Not ${name(message.person)}`;
    if (message.type === 'moveTo') return `Move to ${name(message.person)}`;
    return message.type === 'takeOut' ? `Take Out of ${name(message.person)}` : 'This Is…';
  };
  const short = words((person) => (person.length > NAME ? `${person.slice(0, NAME - 1)}…` : person));
  const whole = words((person) => person);
  return button(
    short,
    { appearance: 'secondary', ...(short === whole ? {} : { title: whole, 'aria-label': whole }) },
    () => post(message),
  );
}
