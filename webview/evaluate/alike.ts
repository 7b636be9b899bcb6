import { formatCount, formatSimilarity } from '../../src/core/format.js';
import type { Evaluation } from '../../src/protocol/evaluation.js';
import type { EvaluationPanelMessage } from '../../src/protocol/evaluationPanel.js';
import { element } from '../dom.js';
import { lookCard, type CardContext } from './lookCard.js';

/** Entries of a list before the rest is unfolded. */
const SHOWN = 6;

/** Where mistakes come from: people who look alike, strangers near the line, pictures that may lie in the wrong folder. */
export function alikeParts(context: CardContext, evaluation: Evaluation, corrects: boolean): HTMLElement[] {
  return [
    alikePeople(context, evaluation),
    nearStrangers(context, evaluation, corrects),
    strayPictures(context, evaluation, corrects),
  ].filter((part) => part !== undefined);
}

function alikePeople(context: CardContext, { alikePeople: pairs }: Evaluation): HTMLElement | undefined {
  if (pairs.length === 0) return undefined;
  const card = ({
    people: [person, nearestPerson],
    pictures: [picture, nearestPicture],
    similarity,
    confused,
  }: (typeof pairs)[number]) =>
    lookCard(context, {
      look: { picture, person, similarity, nearestPerson, nearestPicture },
      who: person,
      why: confused === 0 ? 'Never mixed up.' : `Mixed up ${formatCount(confused, 'time')}.`,
      corrections: [],
    });
  return section(
    'alikePeople',
    'People who look most alike',
    'By the similarity of their mean faces; shown are the two pictures that are most alike. More pictures of both help to tell them apart.',
    element('div', { class: 'looks' }, ...pairs.slice(0, SHOWN).map(card)),
    folded(pairs.length - SHOWN, 'pair', () => element('div', { class: 'looks' }, ...pairs.slice(SHOWN).map(card))),
  );
}

function nearStrangers(
  context: CardContext,
  { nearStrangers: looks, openSet }: Evaluation,
  corrects: boolean,
): HTMLElement | undefined {
  if (looks.length === 0) return undefined;
  const inTurn = openSet?.strangersFrom === 'in-turn';
  const card = (look: (typeof looks)[number]) => {
    const corrections: EvaluationPanelMessage[] =
      corrects && !inTurn ? [{ type: 'notThisPerson', file: look.picture, person: look.nearestPerson }] : [];
    return lookCard(context, {
      look,
      who: look.person,
      why: look.named ? `Named ${look.nearestPerson}.` : `Not named; most like ${look.nearestPerson}.`,
      corrections,
    });
  };
  return section(
    'nearStrangers',
    'Strangers nearest to the threshold',
    inTurn
      ? 'Here your own people play strangers in turn, each compared with the others alone.'
      : 'They are named first where the line is moved to the left.',
    element('div', { class: 'looks' }, ...looks.slice(0, SHOWN).map(card)),
    folded(looks.length - SHOWN, 'stranger', () => element('div', { class: 'looks' }, ...looks.slice(SHOWN).map(card))),
  );
}

function strayPictures(
  context: CardContext,
  { strayPictures: strays, strayCount }: Evaluation,
  corrects: boolean,
): HTMLElement | undefined {
  if (strays.length === 0) return undefined;
  const card = (stray: (typeof strays)[number]) => {
    const { picture: file, person, nearestPerson, similarity, ownSimilarity } = stray;
    const corrections: EvaluationPanelMessage[] = [
      { type: 'moveTo', file, from: person, person: nearestPerson },
      { type: 'takeOut', file, person },
    ];
    return lookCard(context, {
      look: stray,
      who: `in ${person}`,
      why: `${formatSimilarity(similarity)} like ${nearestPerson}, ${formatSimilarity(ownSimilarity)} like the others of ${person}.`,
      corrections: corrects ? corrections : [],
    });
  };
  return section(
    'strayPictures',
    'Pictures that look like someone else',
    `${formatCount(strayCount, 'picture')} may lie in the wrong folder. Look at each: it may also be a hard picture of the right person.`,
    element('div', { class: 'looks' }, ...strays.slice(0, SHOWN).map(card)),
    folded(strays.length - SHOWN, 'picture', () =>
      element('div', { class: 'looks' }, ...strays.slice(SHOWN).map(card)),
    ),
  );
}

function section(id: string, title: string, hint: string, ...parts: (HTMLElement | undefined)[]): HTMLElement {
  return element('section', { id }, element('h2', {}, title), element('p', { class: 'hint' }, hint), ...parts);
}

/** The rest of a list, made when it is unfolded. */
function folded(count: number, noun: string, make: () => HTMLElement): HTMLElement | undefined {
  if (count <= 0) return undefined;
  const made = element('details', {}, element('summary', {}, formatCount(count, `more ${noun}`)));
  made.addEventListener('toggle', () => made.append(make()), { once: true });
  return made;
}
