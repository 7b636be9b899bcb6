// Who is it? An embedding in ONNX Runtime and the recognizer beside it: node recognize.mjs MODEL RECOGNIZER PICTURES
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
process.env.ORT_DISABLE_TELEMETRY = '1'; // nobody is told that it is used
const { default: onnxruntime } = await import('onnxruntime-node');
const [model, folder, ...files] = process.argv.slice(2);
const json = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const { network, gallery, people, threshold } = json(path.join(folder, 'recognizer.json'));
const { width, resize, scaling } = json(`${model}.card.json`).facts.input;
const { scale, shift } =
  typeof scaling === 'string' ? { scale: Array(3).fill(1 / 127.5), shift: [-1, -1, -1] } : scaling;
const bytes = fs.readFileSync(path.join(folder, gallery.file));
const start = 8 + Number(bytes.readBigUInt64LE(0));
const { length } = network;
const row = ({ row: at }) => Array.from({ length }, (_, i) => bytes.readFloatLE(start + 4 * (at * length + i)));
const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const unit = (v) => v.map((x) => x / Math.sqrt(dot(v, v)));
const mean = (rows) => unit(rows.reduce((sum, v) => sum.map((x, i) => x + v[i])));
const vectorOf = (person) => mean(('prototype' in person ? [{ row: person.prototype }] : person.pictures).map(row));
const known = people.map((person) => ({ ...person, vector: vectorOf(person), not: person.negatives.map(row) }));
const session = await onnxruntime.InferenceSession.create(model);
for (const file of files) {
  const whole = sharp(file).toColourspace('srgb').resize(resize, resize, { fit: 'fill', kernel: 'linear' });
  const edge = Math.floor((resize - width) / 2);
  const pixels = await whole.extract({ left: edge, top: edge, width, height: width }).removeAlpha().raw().toBuffer();
  const area = width * width;
  const colour = (i) => Math.floor(i / area);
  const scaled = (_, i) => pixels[3 * (i % area) + colour(i)] * scale[colour(i)] + shift[colour(i)];
  const values = Float32Array.from({ length: 3 * area }, scaled);
  const input = new onnxruntime.Tensor('float32', values, [1, 3, width, width]);
  const output = await session.run({ [session.inputNames[0]]: input });
  const face = unit(Array.from(output[session.outputNames[0]].data));
  const likeness = known.map((one) => ({ ...one, similarity: dot(face, one.vector) }));
  const ranked = likeness
    .sort((a, b) => b.similarity - a.similarity)
    .filter((one) => one.similarity >= threshold.value);
  const best = ranked.find(({ similarity, not }) => !not.some((other) => dot(face, other) > similarity));
  console.log(file, best?.name ?? 'unknown', (best ?? likeness[0]).similarity.toFixed(3));
}
