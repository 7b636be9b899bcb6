import path from 'node:path';
import { UserError } from '../../core/userError.js';
import { widthOf } from '../../graph/graph.js';
import { isFileError, NOT_REGULAR, readRegularFile, TOO_LARGE } from '../../platform/regularFile.js';
import { Constants } from './constants.js';
import { detectorTail, type DetectorPriors } from './detectorTail.js';
import { GraphReader, type ReadNetwork, type Reading } from './graphReader.js';
import { parseIr } from './irFile.js';
import { joinConvolutions } from './joinConvolutions.js';

/** A network of OpenVINO: the XML of its layers, and a flat file of their constants. */
export interface OpenVinoFiles {
  readonly xml: string;
  readonly bin: string;
}

export interface OpenVinoNetwork extends ReadNetwork {
  /** Of a detector, whose boxes are not found in the graph: its output is the map that they are found from. */
  readonly priors?: DetectorPriors;
}

const MAX_XML_BYTES = 16e6;
const MAX_BIN_BYTES = 256e6;

/**
 * Reads a network of OpenVINO's intermediate representation, version 11, whose layers our graph has words for.
 *
 * @throws UserError `weights-unreadable`
 */
export function readOpenVino(files: OpenVinoFiles, reading: Reading): OpenVinoNetwork {
  let at = files.xml;
  try {
    const layers = parseIr(readRegularFile(at, MAX_XML_BYTES).toString('utf8'));
    at = files.bin;
    const constants = new Constants(readRegularFile(at, MAX_BIN_BYTES));
    at = files.xml;
    const results = layers.filter(({ type }) => type === 'Result');
    const output = results[0]?.inputs[0];
    if (results.length !== 1 || !output) throw new RangeError(`it has ${results.length} outputs`);
    if (output.type !== 'DetectionOutput') return new GraphReader(reading, constants, [output]).read();
    const { locations, confidences, priors } = detectorTail(output, constants);
    const network = joinConvolutions(new GraphReader(reading, constants, [locations, confidences]).read());
    if (widthOf(network.graph, 'embedding') !== 6 * priors.widths.length)
      throw new RangeError(`it has ${priors.widths.length} prior boxes for another number of channels`);
    return { ...network, priors };
  } catch (cause) {
    const why = whyOf(cause);
    if (why === undefined) throw cause;
    throw unreadableNetwork(at, why, cause);
  }
}

const WHY: Readonly<Record<string, string>> = {
  [NOT_REGULAR]: 'it is no file',
  [TOO_LARGE]: 'it is larger than any network of faces',
};

function whyOf(error: unknown): string | undefined {
  if (error instanceof RangeError) return error.message;
  return isFileError(error) ? (WHY[error.code] ?? 'the file cannot be opened') : undefined;
}

export function unreadableNetwork(file: string, why: string, cause?: unknown): UserError {
  return new UserError(
    'weights-unreadable',
    `The network “${path.basename(file)}” cannot be read: ${why}.`,
    'Download the face weights again, or use the files of the Open Model Zoo as they were published.',
    { cause },
  );
}
