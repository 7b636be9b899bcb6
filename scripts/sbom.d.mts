/** A file of a network of others. */
export interface PackedModel {
  readonly name: string;
  readonly file: string;
  readonly version: string;
  /** Of SPDX. */
  readonly license: string;
  readonly sha384: string;
}
export function sbomText(folders: readonly string[], lock: object): string;
export function withModels(sbom: string, models: readonly PackedModel[]): string;
