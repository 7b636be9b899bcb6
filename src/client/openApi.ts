import * as z from 'zod';
import { served, servedError } from '../protocol/served.js';

/** Of a picture, bytes. */
export const LARGEST_PICTURE = 32 * 2 ** 20;

/** What the server answers, as an OpenAPI document: programs make clients of it. */
export function openApi(version: string): object {
  // The document says itself which dialect its schemas are of.
  const json = (schema: z.ZodType) => ({
    'application/json': { schema: { ...z.toJSONSchema(schema), $schema: undefined } },
  });
  const refused = (description: string) => ({ description, content: json(servedError) });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Face Trainer',
      version,
      description:
        'Who is in a picture: a person whom the recognizer knows, or “unknown”. For programs on this machine; pictures are not kept.',
    },
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/recognize': {
        post: {
          operationId: 'recognize',
          summary: 'Say who is in a picture',
          requestBody: {
            required: true,
            description: `JPEG, PNG, WebP, TIFF, GIF, BMP or AVIF, at most ${LARGEST_PICTURE} bytes`,
            content: { 'image/*': { schema: { type: 'string', format: 'binary' } } },
          },
          responses: {
            200: { description: 'An answer, or why nobody can be told in the picture', content: json(served) },
            400: refused('No picture was sent'),
            401: refused('The token is missing or another one'),
            413: refused('The picture is too large'),
            429: refused('Too many pictures at once: ask again'),
            503: refused('The recognizer cannot answer'),
          },
        },
      },
    },
  };
}
