import type { Random } from '../core/random.js';
import type { Hsl, SyntheticIdentity } from './identity.js';

/** One picture's circumstances. Angles as shares: −1 is far left or down, 1 far right or up. */
export interface Circumstances {
  readonly yaw: number;
  readonly pitch: number;
  readonly rollDegrees: number;
  readonly scale: number;
  readonly shift: readonly [x: number, y: number];
  /** −1 light from the left, 1 from the right. */
  readonly light: number;
  readonly brightness: number;
  /** −1 frowning, 1 smiling. */
  readonly smile: number;
  readonly mouthOpen: number;
  readonly eyesOpen: number;
  readonly browRaise: number;
  readonly background: readonly [Hsl, Hsl];
  readonly clothes: Hsl;
}

export function randomCircumstances(random: Random): Circumstances {
  return {
    yaw: random.between(-1, 1),
    pitch: random.between(-1, 1),
    rollDegrees: random.between(-12, 12),
    scale: random.between(0.86, 1.14),
    shift: [random.between(-12, 12), random.between(-10, 10)],
    light: random.between(-1, 1),
    brightness: random.between(0.72, 1.22),
    smile: random.between(-0.7, 1),
    mouthOpen: Math.max(0, random.between(-1, 1)),
    eyesOpen: random.uniform() < 0.1 ? 0.15 : random.between(0.65, 1.1),
    browRaise: random.between(-3, 4),
    background: [randomColour(random), randomColour(random)],
    clothes: randomColour(random),
  };
}

function randomColour(random: Random): Hsl {
  return [random.between(0, 360), random.between(5, 45), random.between(20, 80)];
}

const colour = ([h, s, l]: Hsl, lighter = 0) =>
  `hsl(${h.toFixed(0)},${s.toFixed(0)}%,${Math.min(97, Math.max(3, l + lighter)).toFixed(0)}%)`;

/** A procedural face as an SVG of 200 x 200: nobody's portrait. Head turns shift the features and narrow the far side. */
export function drawFace(who: SyntheticIdentity, how: Circumstances): string {
  const w = who.faceWidth / 2;
  const h = who.faceHeight / 2;
  const dx = how.yaw * 13;
  const dy = -how.pitch * 7;
  const shade = (lighter: number) => colour(who.skin, lighter);
  const jawX = w * (0.55 + 0.35 * who.jaw);
  const head = `M ${-w} ${-h * 0.25} C ${-w} ${-h * 1.1}, ${w} ${-h * 1.1}, ${w} ${-h * 0.25} C ${w} ${h * 0.35}, ${jawX} ${h * 0.8}, ${jawX * 0.45} ${h} Q 0 ${h * 1.07} ${-jawX * 0.45} ${h} C ${-jawX} ${h * 0.8}, ${-w} ${h * 0.35}, ${-w} ${-h * 0.25} Z`;

  const parts = [
    hairBehind(who, w, h),
    `<path d="M ${-w * 0.4} ${h * 0.7} V ${h * 1.6} H ${w * 0.4} V ${h * 0.7} Z" fill="${shade(-9)}"/>`,
    `<ellipse cx="0" cy="${h * 2.05}" rx="92" ry="52" fill="${colour(how.clothes)}"/>`,
    ...[-1, 1].map((side) => ear(who, side, w, dx, dy, shade)),
    `<path d="${head}" fill="${shade(0)}"/>`,
    `<path d="${head}" fill="url(#light)"/>`,
    who.beard === 'full' ? beard(who, w, h, dx, dy) : '',
    ...[-1, 1].map((side) => eye(who, how, side, dx, dy)),
    nose(who, dx, dy, shade),
    mouth(who, how, dx, dy),
    who.beard === 'moustache'
      ? `<path d="M ${dx - 20} ${dy + 38} Q ${dx} ${dy + 28} ${dx + 20} ${dy + 38} Q ${dx} ${dy + 35} ${dx - 20} ${dy + 38}" fill="${colour(who.hair)}" stroke="${colour(who.hair)}" stroke-width="4"/>`
      : '',
    who.mole ? `<circle cx="${who.mole[0] + dx}" cy="${who.mole[1] + dy}" r="2.4" fill="${shade(-28)}"/>` : '',
    hairInFront(who, w, h, dx),
    who.glasses === 'none' ? '' : glasses(who, dx, dy),
  ];
  const towards = how.light < 0 ? 0 : 1;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200" viewBox="0 0 200 200">
<defs>
<linearGradient id="back" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${colour(how.background[0])}"/><stop offset="1" stop-color="${colour(how.background[1])}"/></linearGradient>
<linearGradient id="light" x1="${towards}" x2="${1 - towards}" y1="0" y2="0.2"><stop offset="0" stop-color="#fff" stop-opacity="${(0.22 * Math.abs(how.light)).toFixed(2)}"/><stop offset="0.5" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="${(0.42 * Math.abs(how.light)).toFixed(2)}"/></linearGradient>
</defs>
<rect width="200" height="200" fill="url(#back)"/>
<g transform="translate(${100 + how.shift[0]} ${102 + how.shift[1]}) rotate(${how.rollDegrees}) scale(${how.scale * (1 - 0.06 * Math.abs(how.yaw))} ${how.scale})">
${parts.join('\n')}
</g>
</svg>`;
}

function ear(
  who: SyntheticIdentity,
  side: number,
  w: number,
  dx: number,
  dy: number,
  shade: (l: number) => string,
): string {
  // The ear of the far side hides behind the head.
  const visible = Math.max(0.15, 1 - (side * dx) / 16);
  return `<ellipse cx="${side * w}" cy="${dy * 0.4}" rx="${who.earSize * 0.55 * visible}" ry="${who.earSize}" fill="${shade(-7)}"/>`;
}

function eye(who: SyntheticIdentity, how: Circumstances, side: number, dx: number, dy: number): string {
  const x = (side * who.eyeDistance) / 2 + dx;
  const y = -12 + dy;
  const rx = who.eyeSize * (1 - 0.18 * side * how.yaw);
  const ry = who.eyeSize * 0.58 * how.eyesOpen;
  const iris = Math.min(who.eyeSize * 0.48, ry);
  const browY = y - who.eyeSize * 1.25 - how.browRaise;
  const inner = x - side * rx * 1.2;
  const outer = x + side * rx * 1.35;
  return `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="#f6f3ef"/>
<circle cx="${x + how.yaw * 2}" cy="${y}" r="${iris}" fill="${colour(who.eyes)}"/><circle cx="${x + how.yaw * 2}" cy="${y}" r="${iris * 0.5}" fill="#111"/>
<path d="M ${x - rx} ${y} Q ${x} ${y - ry * 2} ${x + rx} ${y}" fill="none" stroke="#2a1d18" stroke-width="1.8"/>
<path d="M ${inner} ${browY + who.browSlant * 0.6} Q ${x} ${browY - 4} ${outer} ${browY - who.browSlant * 0.4}" fill="none" stroke="${colour(who.hair, -6)}" stroke-width="${who.browThickness}" stroke-linecap="round"/>`;
}

function nose(who: SyntheticIdentity, dx: number, dy: number, shade: (l: number) => string): string {
  const top = -10 + dy;
  const bottom = top + who.noseLength;
  const half = who.noseWidth / 2;
  const x = dx * 1.35;
  return `<path d="M ${dx} ${top} L ${x + half * 0.4 * Math.sign(dx || 1)} ${bottom - 5}" stroke="${shade(-13)}" stroke-width="3" fill="none" stroke-linecap="round"/>
<path d="M ${x - half} ${bottom - 2} Q ${x - half * 0.5} ${bottom + 5} ${x} ${bottom + 2} Q ${x + half * 0.5} ${bottom + 5} ${x + half} ${bottom - 2}" stroke="${shade(-22)}" stroke-width="2.6" fill="none" stroke-linecap="round"/>`;
}

function mouth(who: SyntheticIdentity, how: Circumstances, dx: number, dy: number): string {
  const x = dx * 1.1;
  const y = 43 + dy;
  const half = (who.mouthWidth / 2) * (1 + 0.12 * how.smile);
  const corner = y - 7 * how.smile;
  const open = how.mouthOpen * 11;
  const dark =
    open > 2
      ? `<path d="M ${x - half * 0.8} ${corner} Q ${x} ${y - 2} ${x + half * 0.8} ${corner} Q ${x} ${y + open + 4} ${x - half * 0.8} ${corner}" fill="#451a1c"/>`
      : '';
  return `${dark}<path d="M ${x - half} ${corner} Q ${x} ${y - who.lipFullness} ${x + half} ${corner} Q ${x} ${y - 1} ${x - half} ${corner}" fill="${colour(who.lips)}"/>
<path d="M ${x - half} ${corner} Q ${x} ${y + open} ${x + half} ${corner} Q ${x} ${y + open + who.lipFullness * 2} ${x - half} ${corner}" fill="${colour(who.lips, 5)}"/>`;
}

function beard(who: SyntheticIdentity, w: number, h: number, dx: number, dy: number): string {
  return `<path d="M ${-w * 0.93} ${h * 0.12} Q ${-w * 0.75} ${h * 1.12} 0 ${h * 1.12} Q ${w * 0.75} ${h * 1.12} ${w * 0.93} ${h * 0.12} Q ${w * 0.55} ${h * 0.42 + dy} ${dx} ${h * 0.44 + dy} Q ${-w * 0.55} ${h * 0.42 + dy} ${-w * 0.93} ${h * 0.12}" fill="${colour(who.hair)}" opacity="0.88"/>`;
}

function glasses(who: SyntheticIdentity, dx: number, dy: number): string {
  const y = -12 + dy;
  const r = who.eyeSize * 1.55;
  const lens = (x: number) =>
    who.glasses === 'round'
      ? `<circle cx="${x}" cy="${y}" r="${r}"/>`
      : `<rect x="${x - r}" y="${y - r * 0.75}" width="${2 * r}" height="${1.5 * r}" rx="3"/>`;
  const half = who.eyeDistance / 2;
  return `<g fill="#fff" fill-opacity="0.12" stroke="#23201f" stroke-width="2.6">${lens(dx - half)}${lens(dx + half)}<path d="M ${dx - half + r} ${y} H ${dx + half - r} M ${dx - half - r} ${y} L ${-who.faceWidth / 2} ${y - 3} M ${dx + half + r} ${y} L ${who.faceWidth / 2} ${y - 3}"/></g>`;
}

function hairBehind(who: SyntheticIdentity, w: number, h: number): string {
  if (who.hairStyle !== 'long') return '';
  return `<path d="M ${-w * 1.22} ${h * 1.15} Q ${-w * 1.4} ${-h * 1.3} 0 ${-h * 1.22} Q ${w * 1.4} ${-h * 1.3} ${w * 1.22} ${h * 1.15} Z" fill="${colour(who.hair, -5)}"/>`;
}

function hairInFront(who: SyntheticIdentity, w: number, h: number, dx: number): string {
  const fill = colour(who.hair);
  const cap = (low: number, part: number) =>
    `<path d="M ${-w * 1.06} ${-h * 0.12} Q ${-w * 1.18} ${-h * 1.28} 0 ${-h * 1.18} Q ${w * 1.18} ${-h * 1.28} ${w * 1.06} ${-h * 0.12} Q ${w * 0.95} ${-h * 0.5} ${w * 0.55} ${low} Q ${part} ${low - 8} ${-w * 0.6} ${low} Q ${-w * 0.95} ${-h * 0.5} ${-w * 1.06} ${-h * 0.12}" fill="${fill}"/>`;
  switch (who.hairStyle) {
    case 'bald':
      return '';
    case 'curly':
      return [-1, -0.75, -0.45, -0.15, 0.15, 0.45, 0.75, 1]
        .map((t) => `<circle cx="${t * w}" cy="${-h * (1.05 - 0.5 * t * t)}" r="${w * 0.34}" fill="${fill}"/>`)
        .join('');
    case 'fringe':
      return cap(-h * 0.34, dx);
    case 'short':
    case 'long':
      return cap(-h * 0.62, dx + w * 0.3);
  }
}
