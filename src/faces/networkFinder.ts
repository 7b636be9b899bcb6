import sharp from 'sharp';
import type { Engine } from '../engine/engine.js';
import { readFaceDetector, readFaceNetworks, type FaceDetectorNetwork } from '../weights/faceNetwork.js';
import type { FaceWeightsFiles } from '../weights/faceWeights.js';
import { brightened } from './brightness.js';
import { inOrder, type Face, type FaceFinder } from './faceFinder.js';
import { placed } from './faceTemplate.js';
import { pointsInBox, type PointsNetwork } from './landmarks.js';
import { FAINT_SCORE, inputSizeOf, isEnough, looksAt } from './looks.js';
import type { Picture } from './resample.js';
import { Sessions } from './sessions.js';
import { decodeBoxes, joinOverlapping, type Detection } from './ssd.js';
import { turned, unturned } from './turn.js';

/** Raised when faces are found in another way: what was kept of before is then found anew. */
const PLAN = 2;
/** Of a picture with more, the largest and most central ones. */
const MOST_FACES = 32;
/** Candidates of a look. */
const LEAST_SCORE = 0.3;
/** What is left of the detector's input beside the picture. */
const GREY = 127;
/** Sizes of input for which a detector rests: those of the first look at pictures of usual shapes, and a few more. */
const KEPT_SESSIONS = 12;

/**
 * Faces by the Open Model Zoo's face-detection-retail-0004 and landmarks-regression-retail-0009 on our own engine. The detector
 * is made of convolutions and works at any size; looks.ts says at which.
 */
export class NetworkFaceFinder implements FaceFinder {
  readonly identity: string;
  private readonly sessions: Sessions;
  private readonly detectors = new Map<string, FaceDetectorNetwork>();
  private readonly points: PointsNetwork;

  /**
   * @param engine of one thread
   * @param lanes networks that compute at the same time
   * @throws UserError `weights-unreadable`
   */
  constructor(
    engine: Engine,
    private readonly files: FaceWeightsFiles,
    lanes: number,
  ) {
    this.sessions = new Sessions(engine, lanes, KEPT_SESSIONS);
    const { landmarks, detector } = readFaceNetworks(files);
    this.identity = `${PLAN} ${detector.digest} ${landmarks.digest}`;
    this.points = {
      size: landmarks.size,
      run: (image) => this.sessions.run(landmarks.name, () => landmarks, image),
    };
  }

  async find(pixels: Uint8Array, width: number, height: number): Promise<Face[]> {
    const picture = brightened({ pixels, width, height });
    const boxes = await this.look(picture);
    if (boxes.length > 0) return this.withPoints(picture, boxes);
    for (const quarters of [1, 3, 2] as const) {
      const around = turned(picture, quarters);
      const [first] = looksAt(Math.max(width, height));
      const found = (await this.detect(around, first!)).filter(({ score }) => score >= FAINT_SCORE);
      if (found.length === 0) continue;
      const faces = await this.withPoints(around, found);
      return faces.map(({ box, score, points }) => ({
        score,
        box: unturned.box(box, picture, quarters),
        points: placed(points, (point) => unturned.point(point, picture, quarters)),
      }));
    }
    return [];
  }

  close(): Promise<void> {
    this.sessions.close();
    return Promise.resolve();
  }

  /** As closely as it takes. */
  private async look(picture: Picture): Promise<Detection[]> {
    const longest = Math.max(picture.width, picture.height);
    let seen: Detection[] = [];
    for (const look of looksAt(longest)) {
      seen = [...seen, ...(await this.detect(picture, look))].sort((a, b) => b.score - a.score);
      if (isEnough(seen, look / longest)) break;
    }
    const { nmsThreshold } = this.detector(32, 32).priors;
    return joinOverlapping(
      seen.filter(({ score }) => score >= FAINT_SCORE),
      nmsThreshold,
    );
  }

  private async withPoints(picture: Picture, boxes: readonly Detection[]): Promise<Face[]> {
    const wanted = inOrder(
      boxes.map((box) => ({ box, score: box.score })),
      picture,
    ).slice(0, MOST_FACES);
    return Promise.all(
      wanted.map(async ({ box, score }) => ({ box, score, points: await pointsInBox(this.points, picture, box) })),
    );
  }

  /** @returns boxes in pixels of the picture */
  private async detect(picture: Picture, look: number): Promise<Detection[]> {
    const { width, height } = inputSizeOf(look, picture.width, picture.height);
    const scale = look / Math.max(picture.width, picture.height);
    const image = await onCanvas(picture, scale, width, height);
    const network = () => this.detector(height, width);
    const map = await this.sessions.run(`${height} ${width}`, network, image);
    const { priors, graph } = network();
    const shape = graph.nodes.find(({ name }) => name === graph.outputs.embedding)!.shape;
    const found = decodeBoxes(map, shape[0], shape[1], priors, LEAST_SCORE);
    return joinOverlapping(found, priors.nmsThreshold).map(({ left, top, width: w, height: h, score }) => ({
      left: left / scale,
      top: top / scale,
      width: w / scale,
      height: h / scale,
      score,
    }));
  }

  private detector(height: number, width: number): FaceDetectorNetwork {
    const key = `${height} ${width}`;
    let network = this.detectors.get(key);
    if (!network) this.detectors.set(key, (network = readFaceDetector(this.files, [height, width])));
    return network;
  }
}

/** A picture, scaled, in the upper left of a canvas. @returns [height, width, 3] RGB */
async function onCanvas(picture: Picture, scale: number, width: number, height: number): Promise<Uint8Array> {
  const shownWidth = Math.max(1, Math.round(picture.width * scale));
  const shownHeight = Math.max(1, Math.round(picture.height * scale));
  const raw = { width: picture.width, height: picture.height, channels: 3 as const };
  const shown = await sharp(picture.pixels, { raw })
    .resize(shownWidth, shownHeight, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  if (shownWidth === width && shownHeight === height) return shown;
  const canvas = new Uint8Array(width * height * 3).fill(GREY);
  for (let y = 0; y < shownHeight; y++)
    canvas.set(shown.subarray(y * shownWidth * 3, (y + 1) * shownWidth * 3), y * width * 3);
  return canvas;
}
