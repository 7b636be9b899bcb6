import { PRINTED_POLICY } from '../../core/printedPolicy.js';

/** What a document may load: its own script and style, and pictures that messages bring along as data. */
export interface PageParts {
  /** Addresses as the webview has them. */
  readonly script: string;
  readonly style: string;
  /** Where a style may come from, for the policy. */
  readonly styleSource: string;
  /** Random, new for every document. */
  readonly nonce: string;
  /** What the editor gives back with the panel after a reload of the window. */
  readonly saved: object;
}

/**
 * The document of a page. What brings it back is put into the editor's keeping here, before the page's own script runs, so
 * that no page has to think of it; what a page keeps beside it stays.
 */
export function pageHtml({ script, style, styleSource, nonce, saved }: PageParts): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${styleSource}; img-src data:; base-uri 'none'; form-action 'none'`;
  // "<" could end the script, or open a comment in it.
  const state = JSON.stringify(saved).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Face Trainer</title>
</head>
<body>
<main id="panel"></main>
<script nonce="${nonce}">{
  const editor = acquireVsCodeApi(); // which gives it once only
  editor.setState({ ...editor.getState(), ...${state} });
  globalThis.acquireVsCodeApi = () => editor;
}</script>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}

/**
 * A document from a folder of the user's, such as a report, made harmless: whatever it holds, it loads nothing, sends nothing
 * and has no style but ours. Several policies add up, so its own cannot loosen this one; that it stands first keeps anything from coming before it.
 */
export function foreignHtml(html: string): string {
  return `<!doctype html>\n<meta http-equiv="Content-Security-Policy" content="${PRINTED_POLICY}">\n${html}`;
}
