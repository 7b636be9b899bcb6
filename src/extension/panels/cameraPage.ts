const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 720px; margin: 0 auto; padding: 24px; text-align: center; }
  video { width: 100%; border-radius: 12px; background: #0002; transform: scaleX(-1); }
  button { padding: 10px 28px; border: 0; border-radius: 24px; background: #0a66d8; color: #fff; font: inherit; cursor: pointer; }
  button:disabled { opacity: 0.5; cursor: default; }
  body > button { margin: 18px 0 6px; }
  form { display: flex; flex-wrap: wrap; gap: 8px; justify-content: center; margin: 6px 0 18px; }
  form[hidden] { display: none; }
  form button, input { padding: 6px 16px; border: 1px solid #8888; border-radius: 18px; background: none; color: inherit; font: inherit; }
  output { display: block; min-height: 3.2em; font-size: 1.3em; }
  output span { display: block; font-size: 0.7em; opacity: 0.75; }
  small { opacity: 0.7; }
`;

const SCRIPT = `
  const [video, button, said, form, not, who, people] = ['video', 'button', 'output', 'form', 'form button', 'input', 'datalist'].map((name) => document.querySelector(name));
  let shown;
  const show = async () => {
    // Browsers give a camera to pages of this machine and of https alone.
    if (!navigator.mediaDevices) throw new Error('the browser does not allow one for pages at ' + location.origin);
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
    button.disabled = false;
  };
  show().catch((error) => { said.textContent = 'No camera: ' + error.message; });
  const ask = async (place, body) => {
    try {
      const response = await fetch(location.pathname + place, { method: 'POST', body });
      const answer = response.ok ? await response.json() : { title: 'That could not be done: see the editor.', detail: '' };
      const detail = document.createElement('span');
      detail.textContent = answer.detail;
      said.replaceChildren(answer.title, detail);
      offer(answer.correctable);
    } catch {
      said.textContent = 'The editor no longer answers.';
      form.hidden = true;
    }
  };
  // Where a recognizer answers, it learns from what is said of the answer.
  const offer = (correctable) => {
    shown = correctable;
    form.hidden = !correctable;
    if (!correctable) return;
    not.hidden = correctable.known === undefined;
    not.textContent = 'Not ' + correctable.known;
    who.value = '';
    people.replaceChildren(...correctable.people.map((person) => new Option('', person)));
  };
  not.addEventListener('click', () => ask('/correction', JSON.stringify({ kind: 'notThisPerson', id: shown.id })));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    ask('/correction', JSON.stringify({ kind: 'thisIs', id: shown.id, person: who.value }));
  });
  button.addEventListener('click', async () => {
    button.disabled = true;
    said.textContent = 'Looking…';
    form.hidden = true;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext('2d').drawImage(video, 0, 0);
    const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.95));
    await ask('/picture', jpeg);
    button.disabled = false;
  });
`;

/**
 * The page that shows a camera: a picture of it goes to the editor, and what the network says comes back, in words.
 *
 * @param nonce what its policy lets run
 */
export function cameraPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Face Trainer camera</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<video autoplay muted playsinline></video>
<button disabled>Take Picture</button>
<output role="status"></output>
<form hidden>
<button type="button"></button>
<input list="people" placeholder="This is…" aria-label="Who it is" maxlength="200" required>
<datalist id="people"></datalist>
<button>Say So</button>
</form>
<small>Pictures go to the editor on this machine and nowhere else.</small>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}
