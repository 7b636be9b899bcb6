import { isConstant, type Constants } from './constants.js';
import { wholeNumber, type IrLayer } from './irFile.js';

/**
 * How a detector's map becomes boxes (SSD; Liu et al. 2016, with the prior boxes of OpenVINO's PriorBoxClustered). The map is
 * [h, w, 4 P + 2 P]: of P prior boxes at each place first where the face lies in its prior's terms (centre x, centre y, width,
 * height), then two numbers whose softmax says background or face. Prior p at column x of the map has its centre at
 * (x + offset) · step pixels of the input.
 */
export interface DetectorPriors {
  /** In pixels of the input, one for each prior. */
  readonly widths: readonly number[];
  readonly heights: readonly number[];
  /** Pixels from one place of the map to the next. */
  readonly step: number;
  readonly offset: number;
  /** By which the four numbers of a place are multiplied. */
  readonly variances: readonly [x: number, y: number, width: number, height: number];
  /** Boxes that overlap more than so (intersection over union) are one. */
  readonly nmsThreshold: number;
  readonly confidenceThreshold: number;
  /** Before and after boxes that are one have been joined. */
  readonly topCount: number;
  readonly keptCount: number;
}

/** Where the network ends and its detection begins. */
export interface DetectorTail {
  readonly locations: IrLayer;
  readonly confidences: IrLayer;
  readonly priors: DetectorPriors;
}

/** @throws RangeError unless the boxes are found as described above */
export function detectorTail(output: IrLayer, constants: Constants): DetectorTail {
  const [locations, confidences, priorBox, ...more] = output.inputs;
  if (!locations || !confidences || !priorBox || more.length > 0)
    throw new RangeError(`layer ${output.id} does not have three inputs`);
  const told = (name: string) => output.data.get(name) ?? '';
  const wanted = {
    code_type: 'caffe.PriorBoxParameter.CENTER_SIZE',
    background_label_id: '0',
    share_location: 'true',
    variance_encoded_in_target: 'false',
    normalized: 'true',
  };
  for (const [name, value] of Object.entries(wanted))
    if (told(name) !== value) throw new RangeError(`“${name}” of layer ${output.id} is “${told(name).slice(0, 40)}”`);
  return {
    locations: mapBehind(locations, constants),
    confidences: mapBehind(confidences, constants),
    priors: {
      ...priorsOf(priorBox),
      nmsThreshold: real(told('nms_threshold'), 'the threshold of overlapping boxes'),
      confidenceThreshold: real(told('confidence_threshold'), 'the threshold of boxes'),
      topCount: wholeNumber(told('top_k'), 'the number of boxes'),
      keptCount: wholeNumber(told('keep_top_k'), 'the number of boxes'),
    },
  };
}

/** The layer whose map [1, C, h, w] is turned into [h, w, C] and flattened; on the way scores become probabilities in pairs. */
function mapBehind(flat: IrLayer, constants: Constants): IrLayer {
  let layer = flat;
  let turned = false;
  // Fewer layers than the loop has turns: there may be a cycle in a stranger's file.
  for (let i = 0; i < 8; i++) {
    const [input, order] = layer.inputs;
    if (layer.type === 'Transpose' && input && order && isConstant(order)) {
      if (constants.of(order).values.join() !== '0,2,3,1')
        throw new RangeError(`layer ${layer.id} does not bring channels last`);
      turned = true;
    } else if (layer.type === 'SoftMax') {
      if (layer.data.get('axis') !== '2' || layer.shape?.[2] !== 2)
        throw new RangeError(`layer ${layer.id} chooses among other than background and face`);
    } else if (layer.type !== 'Reshape') break;
    if (!input) break;
    layer = input;
  }
  if (!turned) throw new RangeError(`layer ${flat.id} is not a map with its channels last`);
  return layer;
}

function priorsOf(layer: IrLayer): Pick<DetectorPriors, 'widths' | 'heights' | 'step' | 'offset' | 'variances'> {
  const priors = layer.type === 'Unsqueeze' ? layer.inputs[0] : layer;
  if (priors?.type !== 'PriorBoxClustered') throw new RangeError(`layer ${layer.id} gives no prior boxes`);
  const list = (name: string) => (priors.data.get(name) ?? '').split(',').map((part) => real(part, `“${name}”`));
  const [widths, heights, variances] = [list('width'), list('height'), list('variance')];
  const [x, y, width, height] = variances;
  if (widths.length !== heights.length || variances.length !== 4 || priors.data.get('clip') !== 'false')
    throw new RangeError(`layer ${priors.id} gives prior boxes of another kind`);
  const [step] = list('step');
  const [offset] = list('offset');
  if (!step) throw new RangeError(`layer ${priors.id} has no step`);
  return { widths, heights, step, offset: offset!, variances: [x!, y!, width!, height!] };
}

/** @throws RangeError unless the text is a number that is not negative */
function real(text: string, what: string): number {
  const value = /^\s*\d{1,9}(\.\d{1,20})?(e-?\d{1,2})?\s*$/.test(text) ? Number(text) : -1;
  if (value < 0) throw new RangeError(`${what} is “${text.slice(0, 20)}”`);
  return value;
}
