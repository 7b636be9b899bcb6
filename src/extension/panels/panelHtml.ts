import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** The panel's document: nothing may load but the two files of the bundle, and pictures that messages bring along. */
export function panelHtml(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  script: 'webview.js' | 'data.js' | 'model.js' = 'webview.js',
): string {
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', name)).toString();
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; img-src data:`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file('panel.css')}">
<title>Face Trainer</title>
</head>
<body>
<main id="panel"></main>
<script nonce="${nonce}" src="${file(script)}"></script>
</body>
</html>`;
}
