// The README as the extension's page shows it: that page loads pictures from https: and data: alone, and nothing is published
// that a relative link could lead to.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const TYPES = { '.png': 'image/png', '.jpg': 'image/jpeg', '.gif': 'image/gif' };

/** Pictures become data URIs; a link to a file of the repository becomes its text. */
export function packedReadme(markdown, root) {
  return markdown
    .replace(/!\[([^\]]*)\]\(([^)\s]+)\)/g, (all, text, file) => {
      if (isAbsolute(file)) return all;
      const type = TYPES[path.extname(file)];
      if (type === undefined) throw new Error(`README.md shows ${file}, which the extension's page would not.`);
      const bytes = readFileSync(path.join(root, file));
      return `![${text}](data:${type};base64,${bytes.toString('base64')})`;
    })
    .replace(/(?<!!)\[([^\]]*)\]\(([^)\s]+)\)/g, (all, text, file) =>
      isAbsolute(file) || file.startsWith('#') ? all : text,
    );
}

function isAbsolute(link) {
  return /^[a-z]+:/i.test(link);
}
