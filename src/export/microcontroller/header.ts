import type { Scaling } from '../../graph/graph.js';
import type { Template } from '../../graph/preprocessing.js';
import type { ModelFacts } from '../modelFacts.js';

/** What the example of preprocessing in a header needs to know of the file. */
export interface HeaderFacts {
  readonly name: string;
  readonly facts: ModelFacts;
  /** Of the input tensor; undefined for a float file. */
  readonly input: { readonly scale: number; readonly zeroPoint: number } | undefined;
  /** Operators that a resolver has to know, by the names of their `Add…` methods. */
  readonly operators: readonly string[];
  /** Memory for tensors, in bytes. */
  readonly arena: number;
}

const LINE_BYTES = 20;

/**
 * A .tflite file as a C header for TensorFlow Lite Micro: the bytes, the people, and how a pixel becomes an input. The
 * array is aligned to 16, as the buffers in the file are: TensorFlow Lite Micro reads them in place. C11 and C++17 take
 * it.
 */
export function cHeader(tflite: Uint8Array, { name, facts, input, operators, arena }: HeaderFacts): string {
  const { width, height, resize, faces, scaling, template } = facts.input;
  const own = typeof scaling === 'object' ? scaling : undefined;
  const lines: string[] = [];
  for (let i = 0; i < tflite.length; i += LINE_BYTES)
    lines.push(`  ${[...tflite.subarray(i, i + LINE_BYTES)].join(',')},`);
  const labels = facts.output === 'embedding' ? [] : facts.labels;
  return `/* ${comment(name)}, written by Face Trainer for TensorFlow Lite Micro.
 *
 * Include it in one source file. Preprocessing: ${alignment(faces, template)}stretch the picture
 * to ${resize} x ${resize}, take its middle of ${width} x ${height}, RGB, row by row, and give each byte to
 * face_trainer_input. The output has ${facts.output === 'embedding' ? 'a vector; faces of one person have a large cosine' : 'a number for each person, the largest of whom is most likely'}.
 *
 *   alignas(16) static uint8_t arena[FACE_TRAINER_ARENA];
 *   static tflite::MicroMutableOpResolver<${operators.length}> resolver;
${operators.map((operator) => ` *   resolver.Add${operator}();`).join('\n')}
 *   static tflite::MicroInterpreter interpreter(tflite::GetModel(face_trainer_model), resolver, arena, sizeof arena);
 *   interpreter.AllocateTensors();
 *   for (int i = 0; i < FACE_TRAINER_WIDTH * FACE_TRAINER_HEIGHT * 3; i++)
 *     interpreter.input(0)->data.${input ? 'int8' : 'f'}[i] = face_trainer_input(pixels[i]${own ? ', i % 3' : ''});
 *   interpreter.Invoke();
 */
#ifndef FACE_TRAINER_MODEL_H
#define FACE_TRAINER_MODEL_H

#include <stdint.h>

#define FACE_TRAINER_WIDTH ${width}
#define FACE_TRAINER_HEIGHT ${height}
#define FACE_TRAINER_LABELS ${labels.length}
/* Bytes for the reference kernels; those of a vendor may want more, and arena_used_bytes() tells what was used. */
#define FACE_TRAINER_ARENA ${arena}

${own ? scaledInput(own, input) : inputFunction(input)}
${template ? templateArray(template) : ''}${labels.length === 0 ? '' : `/* UTF-8, in the order of the output. */\nstatic const char* const face_trainer_labels[FACE_TRAINER_LABELS] = {\n${labels.map((label) => `  ${cString(label)},`).join('\n')}\n};\n`}
#if defined(__cplusplus)
alignas(16)
#elif defined(__GNUC__)
__attribute__((aligned(16)))
#endif
static const unsigned char face_trainer_model[] = {
${lines.join('\n')}
};
static const unsigned int face_trainer_model_len = ${tflite.length};

#endif
`;
}

function inputFunction(input: HeaderFacts['input']): string {
  if (!input)
    return '/* x / 127.5 - 1 */\nstatic inline float face_trainer_input(uint8_t pixel) { return pixel / 127.5f - 1.0f; }\n';
  const { scale, zeroPoint } = input;
  return `/* x / 127.5 - 1, in steps of ${scale} from ${zeroPoint}; halves up, which is the nearest as no pixel lies on one. */
static inline int8_t face_trainer_input(uint8_t pixel) {
${stepsOf('pixel / 127.5f - 1.0f', input)}
}
`;
}

/**
 * A conversion to int in C cuts off towards zero. With 256 added, more than any pixel's step lies below zero, that is
 * rounding down, and with the half it is rounding to the nearest, halves up; math.h is not needed.
 */
function stepsOf(value: string, { scale, zeroPoint }: NonNullable<HeaderFacts['input']>): string {
  return `  const float steps = (${value}) / ${cFloat(scale)} + ${cFloat(zeroPoint)} + 256.5f;
  const int q = (int)steps - 256;
  return (int8_t)(q > 127 ? 127 : q < -128 ? -128 : q);`;
}

/** With a point, as C asks: `1f` is no number, `1.0f` and `1e-7f` are. */
export function cFloat(x: number): string {
  const text = String(x);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

/**
 * Bytes that are no plain letters in octal: they end by themselves, which hexadecimal ones do not. Neither are quotes
 * and backslashes, nor question marks, of which two begin a trigraph.
 */
export function cString(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  const plain = (byte: number) => byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 && byte !== 63;
  return `"${bytes.map((byte) => (plain(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`)).join('')}"`;
}

/** What becomes of a picture first; on a line of its own where there is much to say. */
function alignment(faces: ModelFacts['input']['faces'], template: Template | undefined): string {
  if (template)
    return `find the face and its five points, and turn, scale and cut the picture so that
 * they lie at face_trainer_template;
 * `;
  return faces === 'aligned' ? 'find the face and cut it out upright, as Align Faces does; ' : '';
}

function templateArray(template: Template): string {
  const points = template.map(([x, y]) => `  {${cFloat(x)}, ${cFloat(y)}},`).join('\n');
  return `/* Viewer's left eye, right eye, tip of the nose, left and right corner of the mouth: x and y as fractions of the square. */
static const float face_trainer_template[5][2] = {
${points}
};
`;
}

/** Of a network that reads each colour in its own way. */
function scaledInput({ scale, shift }: Scaling, input: HeaderFacts['input']): string {
  const list = (numbers: readonly number[]) => numbers.map(cFloat).join(', ');
  const value = 'pixel * scale[colour] + shift[colour]';
  const steps = input ? `, in steps of ${input.scale} from ${input.zeroPoint}; no pixel lies half way between two` : '';
  return `/* Red, green and blue are the colours 0, 1 and 2${steps}. */
static inline ${input ? 'int8_t' : 'float'} face_trainer_input(uint8_t pixel, int colour) {
  static const float scale[3] = {${list(scale)}}, shift[3] = {${list(shift)}};
${input ? stepsOf(value, input) : `  return ${value};`}
}
`;
}

export function comment(text: string): string {
  return text.replace(/\*\//g, '* /').replace(/[\r\n]+/g, ' ');
}
