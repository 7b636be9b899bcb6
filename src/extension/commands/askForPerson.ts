import { personName } from '../../recognizers/recognizer.js';
import type { Editor } from '../editor.js';

/** Somebody of a list, or a new name. @returns undefined when cancelled */
export async function askForPerson(editor: Editor, people: readonly string[]): Promise<string | undefined> {
  if (people.length === 0) return askForName(editor, 'Who is this?', '', people);
  const somebody = { label: '$(add) Somebody new…' };
  const rows = people.map((person) => ({ label: person }));
  const picked = await editor.pick([somebody, ...rows], { title: 'Who is this?' });
  return picked === somebody ? askForName(editor, 'Who is this?', '', people) : picked?.label;
}

/** A name that a person may have. @param taken by others */
export async function askForName(
  editor: Editor,
  title: string,
  value: string,
  taken: readonly string[],
): Promise<string | undefined> {
  const name = await editor.input({
    title,
    prompt: 'Name of the person',
    value,
    problem: (text) => {
      const wished = text.trim();
      if (wished !== value && taken.includes(wished)) return `There is a person called ${wished} already`;
      return personName.safeParse(wished).success ? undefined : 'A name has 1 to 200 letters, and is not “unknown”';
    },
  });
  return name?.trim();
}
